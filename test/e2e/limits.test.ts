/** What a caller and the log are told when there is no room, or the switch is going. */
import { afterEach, describe, expect, it } from 'vitest';
import { RunningSwitch, type SwitchSections } from '../support/running-switch.ts';
import { SipCaller } from '../support/sip-caller.ts';

let running: RunningSwitch;
let caller: SipCaller;

async function start(sections: SwitchSections): Promise<void> {
  running = await RunningSwitch.start({ flows: { echo: { agent: { kind: 'echo' } } }, ...sections });
  caller = await SipCaller.open(running.sipPort);
}
afterEach(async () => {
  await running.stop();
  caller.close();
  expect(running.strayOutput).toEqual([]);
});

describe('one call more', () => {
  it('than limits.maxCalls gets 503 with Retry-After, and room again when one has ended', async () => {
    await start({ limits: { maxCalls: 1, drainS: 0 } });
    const first = await caller.call('echo');
    expect(await running.metric('patchbay_sip_sessions')).toBe(1);
    expect(await caller.dial('echo')).toMatch(/^SIP\/2\.0 503 .*\r\nRetry-After: \d+\r\n/s);
    expect(await running.line(({ level }) => level === 'warn', { after: 1 })).toMatchObject({
      msg: 'call refused: limits.maxCalls is reached',
      statusCode: 503,
    });
    await first.hangUp();
    await (await caller.call('echo')).hangUp();
  });

  it('than there are media ports gets 503, and room again when one has ended', async () => {
    await start({ media: { address: '127.0.0.1', portMin: 27_998, portMax: 27_999 } });
    const first = await caller.call('echo');
    expect(await caller.dial('echo')).toMatch(/^SIP\/2\.0 503 /);
    expect(await running.line(({ level }) => level === 'error')).toMatchObject({
      msg: 'no media for the call',
    });
    await first.hangUp();
    await running.idle();
    await (await caller.call('echo')).hangUp();
  });
});

it('a switch that is told to stop takes no new call, and ends the last one when its time is up', async () => {
  await start({ limits: { drainS: 2 } });
  await caller.call('echo');
  const stopped = running.stop();
  await running.line(({ msg }) => msg === 'stopping: calls in progress may end');
  expect(await caller.dial('echo')).toMatch(/^SIP\/2\.0 503 .*\r\nRetry-After: \d+\r\n/s);
  const bye = await caller.message((message) => message.startsWith('BYE '));
  expect(bye).toContain('shutting down');
  expect(await stopped).toBe(0);
  expect(running.lines.at(-1)?.msg).toBe('stopped');
});

it('a signal that comes twice at once, from the terminal and from npm, cuts no call off', async () => {
  await start({ limits: { drainS: 1 } });
  await caller.call('echo');
  process.kill(running.pid, 'SIGINT');
  const stopped = running.stop();
  await caller.message((message) => message.startsWith('BYE '));
  expect(await stopped).toBe(0);
});

it('a switch that stops says BYE again to a caller whom the first did not reach', async () => {
  await start({ limits: { drainS: 0 } });
  await caller.call('echo');
  caller.byesToLose = 2;
  expect(await running.stop()).toBe(0);
  expect(caller.received.filter((message) => message.startsWith('BYE '))).toHaveLength(3);
});
