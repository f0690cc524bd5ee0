/** Agents of Deepgram's and ElevenLabs', as stood in for on loopback, behind the running switch. */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { DeepgramAgent } from '../support/agents/deepgram-agent.ts';
import { ElevenLabsAgent } from '../support/agents/elevenlabs-agent.ts';
import { levelDb, tone, toneLevelDb } from '../support/audio.ts';
import { RunningSwitch } from '../support/running-switch.ts';
import { type CallByHand, SipCaller } from '../support/sip-caller.ts';

const second = tone(440, { rateHz: 8000, lengthSamples: 8000 });
const deepgrams: Record<string, DeepgramAgent> = {};
const elevenLabs: Record<string, ElevenLabsAgent> = {};
/** Until the end, as calls outlive their tests and ports are used again. */
const callers: SipCaller[] = [];
let running: RunningSwitch;

/** One flow for each test: each stand-in has one call. */
beforeAll(async () => {
  const agents: Record<string, object> = {};
  for (const [name, options] of Object.entries(DEEPGRAMS)) {
    deepgrams[name] = await DeepgramAgent.listen(options);
    const settings = { agent: { think: { provider: { type: 'open_ai', model: 'x' } }, greeting: 'Hello.' } };
    const tools = { transferTo: { sales: '+4921155' } };
    agents[name] = {
      kind: 'deepgram-agent',
      apiKey: 'deepgram-key',
      url: deepgrams[name].url,
      settings,
      tools,
    };
  }
  for (const [name, options] of Object.entries(ELEVEN_LABS)) {
    elevenLabs[name] = await ElevenLabsAgent.listen(options);
    const { httpUrl: apiUrl } = elevenLabs[name];
    const apiKey = name === 'wrong-key' ? 'wrong' : 'elevenlabs-key';
    const agent = { kind: 'elevenlabs-agent', agentId: 'agent_1', apiUrl, dynamicVariables: { vip: true } };
    agents[name] = options.isPrivate === true ? { ...agent, apiKey } : agent;
  }
  const announcement = 'The agent is not there, please call later.';
  const flows = Object.entries(agents).map(([name, agent]) => [name, { agent, fallback: { announcement } }]);
  running = await RunningSwitch.start({ flows: Object.fromEntries(flows) });
}, 60_000);
afterAll(async () => {
  await running.stop();
  for (const caller of callers) caller.close();
  for (const each of [...Object.values(deepgrams), ...Object.values(elevenLabs)]) await each.close();
});

async function callTo(flow: string): Promise<{ caller: SipCaller; call: CallByHand }> {
  const caller = await SipCaller.open(running.sipPort);
  callers.push(caller);
  return { caller, call: await caller.call(flow) };
}

/** Everything that sounded, from its first loud sample on. */
function voiceIn(caller: SipCaller): Int16Array {
  const heard = caller.heard();
  return heard.subarray(heard.findIndex((sample) => Math.abs(sample) > 1000));
}

/** The line that tells of the fallback, within two seconds of what is done. */
async function fallback(doing: () => unknown): Promise<void> {
  const after = running.lines.length;
  await doing();
  const fits = ({ msg }: { msg: string }) => msg.startsWith('the agent cannot serve the call');
  await running.line(fits, { withinMs: 2000, after });
}

describe("an agent of Deepgram's", () => {
  it('is heard, hears in what the phone speaks, and is interrupted', async () => {
    const agent = deepgrams['talks']!;
    const { caller, call } = await callTo('talks');
    await agent.applied;
    expect(agent.settings).toMatchObject({
      audio: { input: { encoding: 'alaw', sample_rate: 8000 } },
      agent: { think: { functions: [{ name: 'hangup_call' }, { name: 'transfer_call' }] } },
    });
    agent.speak('Hello.', second);
    agent.speak('And more.', second);
    await pause(1300);
    agent.tell({ type: 'UserStartedSpeaking' });
    await pause(500);
    const voice = voiceIn(caller);
    expect(toneLevelDb(voice.subarray(0, 7800), 440, 8000)).toBeCloseTo(-6, 0);
    expect(levelDb(voice.subarray(-800))).toBeLessThan(-50);
    expect(agent.heard.length).toBeGreaterThan(8000);
    await call.hangUp();
    await vi.waitFor(() => expect(agent.isConnected).toBe(false), patience);
  });

  it('ends the call with a tool, when its goodbye was heard', async () => {
    const agent = deepgrams['ends']!;
    const { caller } = await callTo('ends');
    await agent.applied;
    const functions = [{ id: 'f1', name: 'hangup_call', arguments: '{}', client_side: true }];
    agent.tell({ type: 'FunctionCallRequest', functions });
    agent.speak('Goodbye.', second);
    await caller.message((message) => message.startsWith('BYE '), 8000);
    expect(levelDb(voiceIn(caller).subarray(0, 7800))).toBeCloseTo(-6, 0);
    expect(agent.messages).toEqual([]);
  });

  it('leaves the call to the fallback when it refuses the settings, tells an error, or is gone', async () => {
    await fallback(() => callTo('refuses'));
    const { caller } = await callTo('fails');
    await deepgrams['fails']!.applied;
    await fallback(() =>
      deepgrams['fails']!.tell({ type: 'Error', code: 'FAILED_TO_THINK', description: 'x' }),
    );
    await vi.waitFor(() => expect(levelDb(caller.heard())).toBeGreaterThan(-40), patience);
    await callTo('breaks');
    await deepgrams['breaks']!.applied;
    await fallback(() => deepgrams['breaks']!.drop());
  });
});

describe("an agent of ElevenLabs'", () => {
  it('is reached by a signed URL, is heard in its format, hears, answers pings, and is interrupted', async () => {
    const agent = elevenLabs['private']!;
    const { caller, call } = await callTo('private');
    await agent.begun;
    expect(agent.initiation).toMatchObject({ dynamic_variables: { to: 'private', vip: true } });
    agent.speak('Hello.', tone(440, { rateHz: 16_000, lengthSamples: 32_000 }));
    await pause(1300);
    agent.interrupt();
    await pause(500);
    const voice = voiceIn(caller);
    expect(toneLevelDb(voice.subarray(0, 7800), 440, 8000)).toBeCloseTo(-6, 0);
    expect(levelDb(voice.subarray(-800))).toBeLessThan(-50);
    expect(agent.heard.length).toBeGreaterThan(16_000);
    expect(agent.pongs.length).toBeGreaterThan(3);
    await call.hangUp();
    await vi.waitFor(() => expect(agent.isConnected).toBe(false), patience);
  });

  it('ends the call by closing the connection, when its goodbye was heard', async () => {
    const agent = elevenLabs['public']!;
    const { caller } = await callTo('public');
    await agent.begun;
    agent.speak('Goodbye.', second);
    agent.hangUp();
    await caller.message((message) => message.startsWith('BYE '));
    expect(levelDb(voiceIn(caller).subarray(0, 7800))).toBeCloseTo(-6, 0);
  });

  it.each(['wrong-key', 'mute', 'mp3'])('leaves the call to the fallback: %s', async (flow) => {
    await fallback(() => callTo(flow));
  });
});

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const patience = { timeout: 5000, interval: 20 };
const DEEPGRAMS = {
  talks: {},
  ends: {},
  refuses: { refusesSettings: { code: 'INVALID_SETTINGS', description: 'No such model.' } },
  fails: {},
  breaks: {},
};
const ELEVEN_LABS: Readonly<Record<string, Parameters<typeof ElevenLabsAgent.listen>[0] & object>> = {
  private: { isPrivate: true, format: 'pcm_16000', pingMs: 300 },
  public: {},
  'wrong-key': { isPrivate: true },
  mute: { isMute: true },
  mp3: { format: 'mp3_44100_64' },
};
