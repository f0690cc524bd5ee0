/**
 * AI Flow's own API: apps call somebody, and send actions to calls beside the connection that the call has to its app.
 * @see https://sipgate.github.io/sipgate-ai-flow-api/
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { CallOutRequest } from '../call/call-out.ts';
import type { RunningSession } from '../call/running-session.ts';
import { SwitchError } from '../errors.ts';
import type { Logger } from '../logger.ts';
import { parseCallRequest } from './parse-call-request.ts';
import { type ApiToken, mayUse, Tokens } from './tokens.ts';

/** What of the switch the API uses. */
export interface ApiCalls {
  callOut(request: CallOutRequest): Promise<{ readonly sessionId: string }>;
  sessionById(id: string): RunningSession | undefined;
}

export interface AiFlowCallsOptions {
  readonly calls: ApiCalls;
  readonly tokens: readonly ApiToken[];
  /** By what apps call them: names, and what else is configured. */
  readonly flowNames: ReadonlyMap<string, string>;
  readonly log: Logger;
}

export function addAiFlowCalls(server: FastifyInstance, options: AiFlowCallsOptions): void {
  const tokens = new Tokens(options.tokens);
  const holders = new WeakMap<FastifyRequest, ApiToken>();
  const holderOf = (request: FastifyRequest): ApiToken => holders.get(request)!;
  void server.register((scope, _options, done) => {
    // What curl sends unless told is JSON as well.
    scope.addContentTypeParser('*', { parseAs: 'string' }, scope.getDefaultJsonParser('remove', 'remove'));
    // Before the body is read: who has no token sends us none.
    scope.addHook('onRequest', (request, _reply, next) => {
      const holder = tokens.holderOf(request.headers.authorization);
      if (holder === undefined) return next(new SwitchError('token-invalid'));
      holders.set(request, holder);
      request.noted = { token: holder.name };
      next();
    });
    scope.post<CallTarget>('/v3/ai-flows/:aiFlowId/call', (request, reply) =>
      call(request, reply, holderOf(request), options),
    );
    scope.post<ActionsTarget>(
      '/v3/ai-flows/sessions/:sessionId/actions',
      { bodyLimit: ACTIONS_LIMIT_OCTETS },
      (request, reply) => act(request, reply, holderOf(request), options),
    );
    done();
  });
}

interface CallTarget {
  Params: { readonly aiFlowId: string };
}

interface ActionsTarget {
  Params: { readonly sessionId: string };
}

async function call(
  request: FastifyRequest<CallTarget>,
  reply: FastifyReply,
  holder: ApiToken,
  { calls, flowNames, log }: AiFlowCallsOptions,
): Promise<FastifyReply> {
  const { aiFlowId } = request.params;
  const flow = flowNames.get(aiFlowId);
  // A flow the token is not for is as good as none.
  if (flow === undefined || !mayUse(holder, flow)) throw new SwitchError('no-flow', aiFlowId);
  const parsed = parseCallRequest(request.body);
  if (!parsed.ok) throw new SwitchError('request-invalid', parsed.reason);
  const { to, billingDevice, ignored } = parsed.value;
  request.noted = { ...request.noted, flow, to, billingDevice };
  if (ignored.length > 0)
    log.warn({ request: request.id, fields: ignored }, 'fields of an API request are not known, and ignored');
  const { sessionId } = await calls.callOut({ flow, to });
  request.noted = { ...request.noted, session: sessionId };
  return reply.code(201).send({ sessionId });
}

function act(
  request: FastifyRequest<ActionsTarget>,
  reply: FastifyReply,
  holder: ApiToken,
  { calls }: AiFlowCallsOptions,
): FastifyReply {
  const session = calls.sessionById(request.params.sessionId.toLowerCase());
  if (session === undefined || !mayUse(holder, session.info.flow)) throw new SwitchError('no-session');
  const { id, flow } = session.info;
  request.noted = { ...request.noted, flow, session: id };
  const { body } = request;
  if (typeof body !== 'object' || body === null || (Array.isArray(body) && body.length === 0))
    throw new SwitchError('request-invalid', 'expected an action, or a list of them');
  const taken = session.takeFromApi(body);
  if (taken === undefined) throw new SwitchError('no-outside-actions', `the flow ${flow}`);
  const { accepted, mistakes } = taken;
  request.noted = { ...request.noted, accepted, mistakes: mistakes.length };
  if (accepted > 0) return reply.code(202).send({ accepted, mistakes });
  const { code: error, httpStatus, message } = new SwitchError('request-invalid', 'no action is understood');
  return reply.code(httpStatus).send({ error, message, accepted, mistakes });
}

/** A background of half a minute is a megabyte and a quarter; apps send more. */
const ACTIONS_LIMIT_OCTETS = 16 * 1024 * 1024;
