/** The built-in demo: an AI Flow app in this very process, behind the same webhook as any other. */
import { type Clock, systemClock, type Timers } from '../../clock.ts';
import type { AgentFactory } from '../agent.ts';
import { standardEvents } from '../ai-flow/events.ts';
import { WebhookAgent, type WebhookExchange } from '../ai-flow/webhook.ts';
import { type AppMetrics, noMetrics } from '../app-metrics.ts';
import { type DemoEvent, type DemoSounds, demoTurn, initialDemoState } from './conversation.ts';
import { readDemoSounds } from './demo-sounds.ts';

export interface DemoAgentOptions {
  /** Holds `cafe.wav`, `office.wav`, `train-station.wav` and `rain.wav`. */
  readonly soundsFolder: string;
  readonly clock?: Clock & Timers;
  readonly metrics?: AppMetrics | undefined;
}

export function createDemoAgent(options: DemoAgentOptions): AgentFactory {
  const { clock = systemClock, metrics = noMetrics } = options;
  const sounds = readDemoSounds(options.soundsFolder);
  return (host) =>
    new WebhookAgent({
      host,
      exchange: demoExchange(sounds),
      numberFormat: 'digits',
      switches: standardEvents,
      timeoutMs: TIMEOUT_MS,
      clock,
      metrics,
      log: host.log,
    });
}

/** One caller's conversation as a web server would answer it. */
function demoExchange(sounds: DemoSounds): WebhookExchange {
  let state = initialDemoState;
  return async (eventText, { sent }) => {
    sent();
    const event: DemoEvent = JSON.parse(eventText);
    const turn = demoTurn(event, state, sounds);
    state = turn.state;
    if (turn.actions.length === 0) return { kind: 'answered', status: 204, contentType: '', body: '' };
    const body = JSON.stringify(turn.actions);
    return { kind: 'answered', status: 200, contentType: 'application/json', body };
  };
}

const TIMEOUT_MS = 5_000;
