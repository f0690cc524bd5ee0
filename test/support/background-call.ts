/** A call whose agent has a background player: `player` acts, `phone` hears. */
import type { AgentHost } from '../../src/agent/agent.ts';
import {
  BackgroundPlayer,
  type BackgroundPlayerOptions,
} from '../../src/agent/background-player/background-player.ts';
import { serializeWav } from '../../src/audio/wav.ts';
import type { CallFlow } from '../../src/call/flow.ts';
import { invariant } from '../../src/invariant.ts';
import { tone } from './audio.ts';
import { ScriptedListener } from './scripted-listener.ts';
import { SimulatedPhone } from './simulated-phone.ts';
import { SimulatedSwitch, simulatedFlow } from './simulated-switch.ts';
import { VirtualClock } from './virtual-clock.ts';
import { seededRandom, VirtualNetwork } from './virtual-network.ts';

export class BackgroundCall {
  readonly clock: VirtualClock = new VirtualClock();
  readonly listener: ScriptedListener = new ScriptedListener();
  readonly phone: SimulatedPhone;
  readonly house: SimulatedSwitch;
  readonly states: string[] = [];
  #player: BackgroundPlayer | undefined;
  #host: AgentHost | undefined;

  constructor(sounds: Partial<BackgroundPlayerOptions>, flow: Partial<CallFlow> = {}) {
    const network = new VirtualNetwork(this.clock);
    const factory = (host: AgentHost) => {
      this.#host = host;
      const player = new BackgroundPlayer({
        submit: (batch) => host.submit(batch),
        timers: this.clock,
        random: seededRandom(1),
        ...sounds,
      });
      this.#player = player;
      return {
        listens: true,
        followsState: true,
        handle: (event: Parameters<BackgroundPlayer['handle']>[0]) => {
          if (event.kind === 'state-changed') this.states.push(event.state);
          player.handle(event);
        },
        close: () => Promise.resolve(),
      };
    };
    this.house = new SimulatedSwitch({
      clock: this.clock,
      network,
      flows: [simulatedFlow(factory, flow)],
      listener: this.listener,
    });
    this.phone = new SimulatedPhone({ clock: this.clock, network });
  }

  get player(): BackgroundPlayer {
    invariant(this.#player !== undefined, 'the call has been answered');
    return this.#player;
  }

  get host(): AgentHost {
    invariant(this.#host !== undefined, 'the call has been answered');
    return this.#host;
  }

  /** Resolves when both talk. */
  async begin(): Promise<this> {
    await this.phone.call('reception');
    await this.clock.advance(400);
    return this;
  }

  wait(ms: number): Promise<void> {
    return this.clock.advance(ms);
  }

  /** The latest so many milliseconds that the caller heard. */
  heard(ms: number): Int16Array {
    return this.phone.heard.subarray(-ms * 8);
  }
}

/** A sound file with a tone at -12 dBFS. */
export function toneFile(frequencyHz: number, lengthMs = 500): Uint8Array {
  const samples = tone(frequencyHz, { rateHz: 8000, lengthSamples: lengthMs * 8, levelDb: -12 });
  return serializeWav(samples, 8000);
}

/** The same as frames of 20 ms. */
export async function* toneStream(
  frequencyHz: number,
  lengthMs: number,
): AsyncGenerator<{ samples: Int16Array; rateHz: number }> {
  const rateHz = 16_000;
  const whole = tone(frequencyHz, { rateHz, lengthSamples: lengthMs * 16, levelDb: -12 });
  for (let at = 0; at < whole.length; at += rateHz / 50)
    yield { samples: whole.slice(at, at + rateHz / 50), rateHz };
}
