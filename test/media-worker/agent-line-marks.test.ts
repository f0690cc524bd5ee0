import { expect, it } from 'vitest';
import { AgentLineHarness } from '../support/agent-line-harness.ts';

const settings = { accountSid: 'AC1', callSid: 'CA1', streamSid: 'MZ1', customParameters: {} };
const tenSeconds = Buffer.alloc(80_000, 0xff).toString('base64');

it('an agent that has more marks kept than any speech has loses its line', async () => {
  const line = new AgentLineHarness({ protocol: 'twilio', settings });
  line.connect();
  line.say({ event: 'media', media: { payload: tenSeconds } });
  for (let second = 0; second < 5; second++) {
    for (let i = 0; i < 2; i++) line.say({ event: 'mark', mark: { name: 'x'.repeat(1_000_000) } });
    await line.run(1000);
  }
  expect(line.end).toBe('flooded');
});
