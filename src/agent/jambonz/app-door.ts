/** Which way each message to the app goes, and who has the call's control after a hand-over. */
import type { AppAnswer, AppData, AppLink, AppNotice } from './link/app-link.ts';
import { isAbsolute } from './link/app-link.ts';
import type { Hook } from './vocabulary/verbs.ts';

export interface AppDoorOptions {
  readonly hook: Hook;
  readonly statusHook: Hook | undefined;
  readonly makeLink: (hook: Hook, statusHook: Hook | undefined) => AppLink;
  /** What `session:new` tells. */
  readonly introduction: () => AppData;
}

export class AppDoor {
  readonly #options: AppDoorOptions;
  #link: AppLink;
  #statusHook: Hook | undefined;
  /** Those that no longer have the call, or never had. */
  readonly #others = new Set<AppLink>();
  /** The app has let go of the call. */
  isReleased = false;

  constructor(options: AppDoorOptions) {
    this.#options = options;
    this.#statusHook = options.statusHook;
    this.#link = options.makeLink(options.hook, options.statusHook);
  }

  /** Whether the app is there between its answers, and may send commands. */
  get isConnected(): boolean {
    return this.#link.kind === 'websocket' && !this.isReleased;
  }

  get kind(): AppLink['kind'] {
    return this.#link.kind;
  }

  begin(): Promise<AppAnswer> {
    const { hook, introduction } = this.#options;
    const type = 'session:new';
    const data = introduction();
    return this.#link.request(this.#link.kind === 'webhook' ? { type, hook, data } : { type, data });
  }

  /** A hook of a verb. */
  async ask(hook: Hook, data: AppData, timeoutMs?: number): Promise<AppAnswer> {
    if (this.#link.kind === 'webhook' && isAbsolute(hook.url, 'ws')) return this.#handOver(hook, undefined);
    const [link, once] = this.#linkFor(hook);
    const answer = await link.request({ type: 'verb:hook', hook, data, timeoutMs });
    if (once) await this.#part(link);
    return answer;
  }

  /** `redirect`: who is named there has the call from now on. */
  redirect(hook: Hook, statusHook: Hook | undefined, data: AppData): Promise<AppAnswer> {
    this.#statusHook = statusHook ?? this.#statusHook;
    const kind = isAbsolute(hook.url, 'ws')
      ? 'websocket'
      : isAbsolute(hook.url, 'http')
        ? 'webhook'
        : undefined;
    const isElsewhere = kind === 'websocket' || (kind === 'webhook' && this.#link.kind === 'websocket');
    if (isElsewhere) return this.#handOver(hook, kind === this.#link.kind ? data : undefined);
    return this.#link.request({ type: 'session:redirect', hook, data });
  }

  notify(notice: AppNotice): void {
    this.#link.notify(notice);
  }

  /** Whether this tells of the link that has the call. */
  isCurrent(link: AppLink): boolean {
    return link === this.#link;
  }

  async close(failed = false): Promise<void> {
    await Promise.all([...this.#others, this.#link].map((link) => link.close(failed)));
  }

  #linkFor(hook: Hook): [link: AppLink, once: boolean] {
    if (this.#link.kind === 'webhook' || !isAbsolute(hook.url, 'http')) return [this.#link, false];
    const link = this.#options.makeLink(hook, undefined);
    this.#others.add(link);
    return [link, true];
  }

  /** `data` where the new one is told of a redirection; else the session is new to it. */
  #handOver(hook: Hook, data: AppData | undefined): Promise<AppAnswer> {
    const { makeLink, introduction } = this.#options;
    const previous = this.#link;
    this.#link = makeLink(hook, this.#statusHook);
    this.isReleased = false;
    this.#others.add(previous);
    void this.#part(previous);
    const type = data === undefined ? 'session:new' : 'session:redirect';
    return this.#link.request({ type, hook, data: data ?? introduction() });
  }

  async #part(link: AppLink): Promise<void> {
    await link.close();
    this.#others.delete(link);
  }
}
