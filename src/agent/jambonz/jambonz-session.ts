/** One call as an app written for jambonz sees it: asks the app for verbs, and has them performed. */
import type { Agent, AgentEvent, AgentFailure, AgentHost } from '../agent.ts';
import { AppDoor } from './app-door.ts';
import { BargeInWatch } from './barge-in-watch.ts';
import { createCallDesk } from './call-desk.ts';
import { CallFacts } from './call-facts.ts';
import { CallProgress } from './call-progress.ts';
import { parseCallUpdate } from './call-update.ts';
import { type CommandDesk, obeyCommand } from './commands.ts';
import { HookWait } from './hook-wait.ts';
import type { JambonzSettings } from './jambonz-agent.ts';
import type { AppAnswer, AppCommand, AppData, AppLink, LinkFailure } from './link/app-link.ts';
import { makeLink } from './link/make-links.ts';
import type { Ending } from './perform/stage.ts';
import { Performer } from './performer.ts';
import { SessionSettings } from './session-settings.ts';
import { SessionStage } from './session-stage.ts';
import { TokenStream } from './token-stream.ts';
import { VerbStack } from './verb-stack.ts';
import { parseVerbs } from './vocabulary/parse-verbs.ts';
import type { Hook, RedirectVerb, Verb } from './vocabulary/verbs.ts';

export class JambonzSession implements Agent {
  readonly listens: boolean = true;
  readonly followsTranscript: boolean = true;
  readonly #host: AgentHost;
  readonly #settings: JambonzSettings;
  readonly #facts: CallFacts;
  readonly #progress: CallProgress;
  readonly #stage: SessionStage;
  readonly #stack: VerbStack;
  readonly #performer: Performer;
  readonly #tokens: TokenStream;
  readonly #bargeIn: BargeInWatch;
  readonly #door: AppDoor;
  readonly #desk: CommandDesk;
  readonly #warned = new Set<string>();
  #wait: HookWait | undefined;
  #hasBegun = false;
  #isEnded = false;
  #parted: Promise<void> = Promise.resolve();

  constructor(host: AgentHost, settings: JambonzSettings) {
    const { clock } = settings.links;
    this.#host = host;
    this.#settings = settings;
    this.#facts = new CallFacts(host.session, settings.identity);
    this.#progress = new CallProgress(this.#facts, clock, (data) => this.#notify('call:status', data));
    this.#stage = new SessionStage({
      host,
      facts: this.#facts,
      settings: new SessionSettings(settings.speech),
      progress: this.#progress,
      clock,
      newSid: settings.newSid,
      notify: (type, data) => this.#notify(type, data),
      tell: (hook, data) =>
        this.#later(this.#door.ask(hook, { ...this.#facts.base, ...data }), () => undefined),
      guard: (act) => this.#guarded(act),
    });
    this.#tokens = new TokenStream({
      stage: this.#stage,
      tell: (event_type) => this.#notify('tts:streaming-event', { event_type }),
    });
    this.#performer = new Performer({
      stage: this.#stage,
      progress: this.#progress,
      tokens: this.#tokens,
      mostDubTracks: settings.mostDubTracks,
      log: host.log,
      redirect: (verb) => this.#redirect(verb),
      onBargeInChanged: () => this.#bargeIn.configure(this.#stage.settings.bargeIn),
    });
    this.#stack = new VerbStack({
      prepare: (verb) => this.#performer.prepare(verb),
      perform: (verb, end) => this.#performer.perform(verb, end),
      onStarting: (verb) => this.#stage.status(verb, 'starting'),
      onFinished: (verb) => this.#stage.status(verb, 'finished'),
      onHook: (verb, ending) => this.#askHook(ending, verb.id),
      onExhausted: () => this.#exhausted(),
    });
    this.#bargeIn = new BargeInWatch({
      stage: this.#stage,
      current: () => this.#stack.current,
      onInterrupt: () => this.#interrupted(),
      onResult: (hook, results) => {
        if (hook === undefined) this.#stack.resume();
        else this.#askHook({ hook, results }, undefined);
      },
    });
    this.#desk = createCallDesk({
      log: host.log,
      stage: this.#stage,
      stack: this.#stack,
      performer: this.#performer,
      tokens: this.#tokens,
      tellTokens: (data) => this.#notify('tts:tokens-result', data),
      replace: (body, queued) => this.#replace(body, queued),
      askFor: (hook) => this.#askFor(hook),
      hangUp: (status) => this.#hangUp(status),
      mistaken: (details) => {
        settings.links.metrics.warned(1);
        this.#stage.error('InvalidCommand', details);
      },
    });
    this.#door = new AppDoor({
      hook: settings.callHook,
      statusHook: settings.statusHook,
      introduction: () => this.#facts.introduction,
      makeLink: (hook, statusHook) => this.#makeLink(hook, statusHook),
    });
  }

  handle(event: AgentEvent): void {
    switch (event.kind) {
      case 'ringing':
        this.#begin();
        return;
      case 'started':
        this.#begin();
        this.#progress.answered();
        this.#stage.ears.ready();
        this.#stack.proceed();
        return;
      case 'ended':
        this.#end(event);
        return;
      default:
        this.#bargeIn.handle(event);
        if (event.kind === 'understood') this.#tokens.interrupt();
        this.#tokens.handle(event);
        this.#wait?.handle(event);
        this.#performer.handle(event);
        this.#stack.handle(event);
    }
  }

  takeFromApi(body: unknown): { readonly accepted: number; readonly mistakes: readonly string[] } {
    const { commands, mistakes: unread } = parseCallUpdate(body);
    const mistakes = [...unread];
    const desk = { ...this.#desk, mistaken: (details: string) => void mistakes.push(details) };
    let accepted = 0;
    for (const command of commands) {
      const before = mistakes.length;
      this.#obey(command, desk);
      if (mistakes.length === before) accepted += 1;
    }
    return { accepted, mistakes };
  }

  close(): Promise<void> {
    return this.#parted;
  }

  #begin(): void {
    if (this.#hasBegun) return;
    this.#hasBegun = true;
    const answered = this.#door.begin();
    this.#progress.began();
    this.#later(answered, (answer) => {
      const refusal = this.#takeFirst(answer);
      if (refusal !== undefined) this.#refuse(refusal, answer.ok ? 'bad-response' : answer.reason);
    });
  }

  /** Gives back why there is nothing that could be performed. */
  #takeFirst(answer: AppAnswer): string | undefined {
    if (!answer.ok) return `${answer.reason}: ${answer.detail}`;
    const verbs = this.#read(answer.body);
    if (verbs === undefined) return 'the verbs are not understood';
    if (verbs.length === 0) return 'no verbs';
    this.#stack.replace(verbs);
    return undefined;
  }

  #refuse(reason: string, failure: AgentFailure): void {
    this.#host.log.error({ reason }, 'the app did not take the call');
    if (this.#progress.isAnswered) this.#host.fail(failure);
    else {
      this.#settings.links.metrics.agentFailed(failure);
      this.#decline(TEMPORARILY_UNAVAILABLE, { 'X-Reason': reason.replace(/[^ -~]/g, ' ').slice(0, 100) });
    }
    this.#parted = this.#door.close(true);
  }

  #decline(statusCode: number, headers: Readonly<Record<string, string>> = {}): void {
    this.#progress.refusedWith(statusCode);
    this.#stage.submit({ kind: 'decline', statusCode, headers });
  }

  /** Undefined for what is not understood: the app is told. */
  #read(body: unknown): readonly Verb[] | undefined {
    if (body === undefined || body === null) return [];
    const parsed = parseVerbs(Array.isArray(body) ? body : [body]);
    if (!parsed.ok) {
      // Names of verbs and fields, and never what stands in them.
      this.#host.log.warn({ mistake: parsed.details }, 'the app sent verbs that are not understood');
      this.#settings.links.metrics.warned(1);
      this.#stage.error('InvalidPayload', parsed.details);
      return undefined;
    }
    for (const field of parsed.ignored) {
      if (this.#warned.has(field)) continue;
      this.#warned.add(field);
      this.#settings.links.metrics.warned(1);
      this.#host.log.warn({ field }, 'a field of a verb has no effect here');
    }
    return parsed.verbs;
  }

  #askHook({ hook, results, delayAction, fillerNoise }: Ending, verb_id: string | undefined): void {
    if (hook === undefined) return;
    const { settings } = this.#stage;
    const delay = delayAction ?? settings.delayAction;
    const wait = new HookWait(this.#stage, { delay, noise: fillerNoise ?? settings.fillerNoise }, (given) => {
      this.#wait = undefined;
      this.#stack.replace(given.giveUpActions.length > 0 ? given.giveUpActions : [HANG_UP]);
    });
    this.#wait?.stop();
    this.#wait = wait;
    wait.start();
    const longerMs = delay?.enabled === true ? delay.giveUpTimeoutMs : undefined;
    const data = { ...this.#facts.base, ...(verb_id !== undefined && { verb_id }), ...results };
    this.#later(this.#door.ask(hook, data, longerMs), (answer) => {
      // Who was given up on comes too late.
      if (this.#wait !== wait) return;
      this.#endWait();
      if (!this.#takeFromHook(answer)) this.#stack.resume();
    });
  }

  #endWait(): void {
    this.#wait?.stop();
    this.#wait = undefined;
  }

  #redirect({ actionHook, statusHook }: RedirectVerb): void {
    this.#stack.suspend();
    this.#later(this.#door.redirect(actionHook, statusHook, this.#facts.base), (answer) => {
      if (!this.#takeFromHook(answer)) this.#stack.resume();
    });
  }

  /** Gives back whether something is performed instead of what was left. */
  #takeFromHook(answer: AppAnswer): boolean {
    if (!answer.ok) {
      this.#host.log.warn({ reason: answer.reason, detail: answer.detail }, 'a hook was not answered');
      if (this.#door.kind === 'websocket') return false;
      this.#stack.replace([HANG_UP]);
      return true;
    }
    const verbs = this.#read(answer.body) ?? [];
    if (verbs.length > 0) this.#stack.replace(verbs);
    return verbs.length > 0;
  }

  /** An app that is connected may still send something; nobody else can. */
  #exhausted(): void {
    if (this.#isEnded || this.#door.isConnected) return;
    if (this.#progress.isAnswered) this.#stage.submit({ kind: 'hang-up' });
    else this.#decline(DECLINED);
  }

  /** The caller speaks or presses a key into what is performed. */
  #interrupted(): (() => void) | undefined {
    const { current } = this.#stack;
    this.#tokens.interrupt();
    if (current?.verb !== 'say' && current?.verb !== 'play' && current?.verb !== 'pause') return undefined;
    this.#stage.status(current, 'speech-bargein-detected');
    return this.#stack.suspend();
  }

  #end({ cause }: Extract<AgentEvent, { kind: 'ended' }>): void {
    if (this.#isEnded) return;
    this.#stage.close();
    this.#wait?.stop();
    this.#stack.close();
    this.#bargeIn.close();
    this.#performer.close();
    this.#progress.ended(cause);
    this.#isEnded = true;
    this.#parted = Promise.all([this.#parted, this.#door.close()]).then(() => undefined);
  }

  #makeLink(hook: Hook, statusHook: Hook | undefined): AppLink {
    const link: AppLink = makeLink(hook, statusHook, this.#settings.links, {
      callSid: this.#facts.callSid,
      log: this.#host.log,
      guard: (act) => this.#guarded(act),
      commanded: (command) => this.#obey(command),
      reconnected: (body) => {
        if (Array.isArray(body)) this.#takeFromHook({ ok: true, body });
      },
      released: () => this.#released(link),
      lost: (reason) => this.#lost(link, reason),
    });
    return link;
  }

  #released(link: AppLink): void {
    if (this.#isEnded || !this.#door.isCurrent(link)) return;
    this.#door.isReleased = true;
    if (this.#stack.isIdle) this.#exhausted();
  }

  #lost(link: AppLink, reason: LinkFailure): void {
    // Before the first answer the call is refused instead.
    if (!this.#isEnded && this.#door.isCurrent(link) && this.#progress.isAnswered) this.#host.fail(reason);
  }

  #obey(command: AppCommand, desk: CommandDesk = this.#desk): void {
    if (this.#isEnded) return;
    this.#host.log.info({ command: command.command }, 'the app sent a command');
    obeyCommand(command, desk);
  }

  #replace(body: unknown, queued: boolean): void {
    const verbs = this.#read(body);
    if (verbs === undefined) return;
    if (queued) this.#stack.append(verbs);
    else {
      this.#endWait();
      this.#stack.replace(verbs);
    }
  }

  #askFor(hook: Hook): void {
    this.#later(this.#door.ask(hook, this.#facts.base), (answer) => {
      this.#takeFromHook(answer);
    });
  }

  #hangUp(status: string): void {
    if (this.#progress.isAnswered) this.#stage.submit({ kind: 'hang-up' });
    else this.#decline(status === 'no-answer' ? TEMPORARILY_UNAVAILABLE : DECLINED);
  }

  #notify(type: Parameters<AppDoor['notify']>[0]['type'], data: AppData): void {
    if (!this.#isEnded) this.#door.notify({ type, data });
  }

  /** Unless the call is over by then. */
  #later(answered: Promise<AppAnswer>, act: (answer: AppAnswer) => void): void {
    answered
      .then((answer) => {
        if (!this.#isEnded) act(answer);
      })
      .catch((error: unknown) => this.#crash(error));
  }

  /** Sockets, timers and promises have nobody above them to catch what is thrown. */
  #guarded(act: () => void): void {
    try {
      act();
    } catch (error) {
      this.#crash(error);
    }
  }

  #crash(error: unknown): void {
    this.#host.log.error({ error }, 'a bug in serving the app: the call goes on without it');
    if (!this.#isEnded) this.#host.fail('bad-response');
  }
}

const HANG_UP: Verb = { verb: 'hangup', headers: {} };
const TEMPORARILY_UNAVAILABLE = 480;
const DECLINED = 603;
