import { describe, expect, it } from 'vitest';
import { settingsMessage } from '../../../src/agent/deepgram/deepgram-settings.ts';

const tool = { name: 'hangup_call', description: 'Ends the call.', parameters: { type: 'object' } };
const own = { name: 'weather', endpoint: { url: 'https://weather.example' } };

function agentWith(agent: unknown, tools: readonly (typeof tool)[] = [tool]): unknown {
  const settings = { settings: { agent }, audio: 'pcmu', tools } as const;
  return settingsMessage(settings, { encoding: 'pcmu', rateHz: 8000 })['agent'];
}

describe("Deepgram's settings", () => {
  it("offer the flow's tools beside the functions that are there, with each provider", () => {
    expect(agentWith({ think: { functions: [own] }, greeting: 'Hello.' })).toEqual({
      think: { functions: [own, tool] },
      greeting: 'Hello.',
    });
    expect(agentWith({ think: [{ prompt: 'a' }, { prompt: 'b', functions: [own] }] })).toEqual({
      think: [
        { prompt: 'a', functions: [tool] },
        { prompt: 'b', functions: [own, tool] },
      ],
    });
  });

  it('are left as they are where nothing can be added, or is to be', () => {
    expect(agentWith('stored-agent')).toBe('stored-agent');
    expect(agentWith({ greeting: 'Hello.' })).toEqual({ greeting: 'Hello.' });
    expect(agentWith({ think: { prompt: 'a' } }, [])).toEqual({ think: { prompt: 'a' } });
  });
});
