/**
 * A conversation between a scripted AI Flow app and a scripted caller, with the whole house between them, in virtual
 * time: minutes of call take milliseconds, and every moment is exact.
 *
 *     const { app, caller, wait } = await converse(({ type }) =>
 *       type === 'session_start' ? { type: 'speak', text: 'How can I help you?' } : undefined);
 *     await wait(500);
 *     caller.says('no, wait');
 *     await wait(2000);
 *     expect(app.told.at(-1)).toBe('user_speak "no, wait" barged in');
 */
import type { AgentHost } from '../../../src/agent/agent.ts';
import { type EventSwitches, standardEvents } from '../../../src/agent/ai-flow/events.ts';
import { WebhookAgent } from '../../../src/agent/ai-flow/webhook.ts';
import { WebSocketAgent } from '../../../src/agent/ai-flow/websocket.ts';
import { noMetrics } from '../../../src/agent/app-metrics.ts';
import type { CallFlow } from '../../../src/call/flow.ts';
import type { RecordingLogger } from '../recording-host.ts';
import { ScriptedListener } from '../scripted-listener.ts';
import { SimulatedPhone } from '../simulated-phone.ts';
import { SimulatedSwitch, simulatedFlow } from '../simulated-switch.ts';
import { VirtualClock } from '../virtual-clock.ts';
import { VirtualNetwork } from '../virtual-network.ts';
import { type Script, ScriptedApp } from './scripted-app.ts';
import { ScriptedCaller } from './scripted-caller.ts';
import { readingSynthesizer } from './sounds.ts';

export type Transport = 'webhook' | 'websocket';

export interface Conversation {
  readonly app: ScriptedApp;
  readonly caller: ScriptedCaller;
  readonly log: RecordingLogger;
  readonly clock: VirtualClock;
  /** Lets so many milliseconds pass. */
  wait(ms: number): Promise<void>;
}

export interface ConversationOptions {
  readonly transport?: Transport;
  readonly switches?: Partial<EventSwitches>;
  readonly flow?: Partial<CallFlow>;
}

/** The call is answered, and the app has been told so. */
export async function converse(script: Script, options: ConversationOptions = {}): Promise<Conversation> {
  const { transport = 'websocket' } = options;
  const clock = new VirtualClock();
  const network = new VirtualNetwork(clock);
  const listener = new ScriptedListener();
  const app = new ScriptedApp(clock, script);
  const switches = { ...standardEvents, ...options.switches };
  const factory = (host: AgentHost) => {
    const shared = {
      host,
      clock,
      log: host.log,
      metrics: noMetrics,
      numberFormat: 'digits',
      switches,
    } as const;
    return transport === 'webhook'
      ? new WebhookAgent({ ...shared, exchange: app.exchange, timeoutMs: 5000 })
      : new WebSocketAgent({ ...shared, dial: app.dial, connectTimeoutMs: 5000 });
  };
  const house = new SimulatedSwitch({
    clock,
    network,
    flows: [simulatedFlow(factory, { fallbackAnnouncement: 'We are sorry', ...options.flow })],
    routes: [{ number: '*', flow: 'reception' }],
    listener,
    synthesizer: readingSynthesizer,
  });
  const phone = new SimulatedPhone({ clock, network });
  await phone.call('4921155660');
  while (app.events.length === 0) await clock.advance(20);
  const caller = new ScriptedCaller(phone, clock, listener);
  return { app, caller, log: house.log, clock, wait: (ms) => clock.advance(ms) };
}
