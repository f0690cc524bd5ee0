/** Every hostile message of the corpora to the running switch: it goes on serving, and keeps nothing. */
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RunningSwitch } from '../support/running-switch.ts';
import { sharedPath } from '../support/shared.ts';
import { SipCaller } from '../support/sip-caller.ts';
import { sipCorpus } from '../support/sip-corpora.ts';

let running: RunningSwitch;
let caller: SipCaller;
let attacker: SipCaller;

beforeAll(async () => {
  running = await RunningSwitch.start({ flows: { echo: { agent: { kind: 'echo' } } } });
  caller = await SipCaller.open(running.sipPort);
  attacker = await SipCaller.open(running.sipPort);
});
afterAll(async () => {
  caller.close();
  attacker.close();
  expect(await running.stop()).toBe(0);
  expect(running.strayOutput).toEqual([]);
});

/** A plain call from beginning to end. */
async function placeCall(): Promise<void> {
  const { hangUp } = await caller.call('echo');
  await hangUp();
}

describe.each(['rfc4475', 'rfc5118', 'sip-malformed', 'protos-sample'] as const)(
  'the messages of %s',
  (name) => {
    const messages = sipCorpus(name);

    it.skipIf(messages === undefined)('over UDP do not keep a call from being served', async () => {
      const datagrams = messages!.filter(({ length }) => length <= LARGEST_DATAGRAM_OCTETS);
      const received = await running.metric('patchbay_sip_messages_total', 'direction="received"');
      for (const [index, datagram] of datagrams.entries()) {
        await attacker.send(datagram);
        if (index % 50 === 49) await placeCall();
      }
      await placeCall();
      expect(await running.metric('patchbay_sip_messages_total', 'direction="received"')).toBeGreaterThan(
        received + datagrams.length,
      );
      expect(running.lines.filter(({ level }) => level === 'error')).toEqual([]);
    });

    it.skipIf(messages === undefined)('over TCP do not keep a call from being served', async () => {
      for (const [index, message] of messages!.entries()) {
        await sendOverTcp(message);
        if (index % 50 === 49) await placeCall();
      }
      await placeCall();
      expect(running.lines.filter(({ level }) => level === 'error')).toEqual([]);
    });
  },
);

/** On a connection of its own, which closes when the switch closes it, or has had its time to answer. */
async function sendOverTcp(message: Uint8Array): Promise<void> {
  const socket = connect(running.tcpPort, '127.0.0.1');
  socket.resume();
  // The switch may close before it has read everything.
  socket.on('error', () => {});
  socket.end(message);
  const overdue = setTimeout(() => socket.destroy(), 20);
  await once(socket, 'close');
  clearTimeout(overdue);
}

const seeds = sharedPath('corpora', 'pjsip-seeds', 'rtp');

it.skipIf(seeds === undefined)('seeds of fuzzing in the media of a call do not end it', async () => {
  const { rtpPort, hangUp } = await caller.call('echo');
  for (const file of readdirSync(seeds!)) {
    await caller.send(readFileSync(join(seeds!, file)), rtpPort);
    await caller.send(readFileSync(join(seeds!, file)), rtpPort + 1);
  }
  await hangUp();
});

it('leaves nothing behind: calls that the corpora began are ended when no ACK comes', async () => {
  await running.idle(45_000);
  await placeCall();
  expect(running.isRunning).toBe(true);
});

const LARGEST_DATAGRAM_OCTETS = 65_507;
