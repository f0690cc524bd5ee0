import { describe, expect, it } from 'vitest';
import { AgentLineHarness } from '../support/agent-line-harness.ts';
import { toWire } from '../support/agents/wire-samples.ts';
import { levelDb, tone } from '../support/audio.ts';

const settings = { accountSid: 'AC1', callSid: 'CA1', streamSid: 'MZ1', customParameters: {} };

function speaking(milliseconds: number): AgentLineHarness {
  const line = new AgentLineHarness({ protocol: 'twilio', settings });
  line.connect();
  const samples = tone(440, { rateHz: 8000, lengthSamples: milliseconds * 8 });
  line.say({ event: 'media', media: { payload: toWire(samples, 'pcmu').toString('base64') } });
  return line;
}

describe('an agent that says goodbye and closes its connection', () => {
  it('is heard out before the line is over', async () => {
    const line = speaking(1000);
    await line.run(200);
    line.close();
    await line.run(760);
    expect(line.end).toBeUndefined();
    await line.run(100);
    expect(line.end).toBe('closed-by-agent');
    expect(levelDb(line.phone.heardByPhone().subarray(800, 8000))).toBeCloseTo(-6, 0);
  });

  it('is over at once when nothing is left to be heard', async () => {
    const line = speaking(100);
    await line.run(200);
    line.close();
    expect(line.end).toBe('closed-by-agent');
  });

  it('is not heard for longer than half a minute, as nobody can interrupt it any more', async () => {
    const line = speaking(45_000);
    await line.run(200);
    line.close();
    await line.run(29_000);
    expect(line.end).toBeUndefined();
    await line.run(2000);
    expect(line.end).toBe('closed-by-agent');
  });

  it('is not heard after the call, or a connection that broke', async () => {
    const ended = speaking(1000);
    ended.close();
    ended.stop();
    expect(ended.end).toBe('closed-by-us');

    const broken = speaking(1000);
    broken.close('connection-lost', 1006);
    expect(broken.end).toBe('connection-lost');
  });
});
