import { invariant } from '../../src/invariant.ts';
import type {
  HearingEvent,
  Listener,
  Listening,
  ListenOptions,
  ListenSettings,
} from '../../src/speech/listener.ts';

/** A listener that hears what a test says it hears. */
export class ScriptedListener implements Listener {
  /** One for each session that was listened to, in order. */
  readonly listenings: ScriptedListening[] = [];

  /** The latest. */
  get latest(): ScriptedListening {
    const latest = this.listenings.at(-1);
    invariant(latest !== undefined, 'a session that listens has begun');
    return latest;
  }

  listen(options: ListenOptions): Listening {
    const listening = new ScriptedListening(options);
    this.listenings.push(listening);
    return listening;
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** One caller's ear: `hears` gives the session an event, `settings` are those of now. */
export class ScriptedListening implements Listening {
  readonly options: ListenOptions;
  settings: ListenSettings;
  /** What each `configure` was given, in order. */
  readonly changes: Partial<ListenSettings>[] = [];
  isClosed = false;

  constructor(options: ListenOptions) {
    this.options = options;
    this.settings = options.settings;
  }

  hears(...events: readonly HearingEvent[]): void {
    for (const event of events) this.options.onEvent(event);
  }

  configure(settings: Partial<ListenSettings>): void {
    this.changes.push(settings);
    this.settings = { ...this.settings, ...settings };
  }

  close(): void {
    this.isClosed = true;
  }
}

export const onset: HearingEvent = { kind: 'speech-onset' };
export const interim = (text: string): HearingEvent => ({ kind: 'interim', text });
export const turn = (text: string): HearingEvent => ({ kind: 'turn', text });
