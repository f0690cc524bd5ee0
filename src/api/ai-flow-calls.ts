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
import { takeActions } from './take-actions.ts';
import type { HolderOf } from './token-scope.ts';
import { mayUse } from './tokens.ts';

/** What of the switch the API uses. */
export interface ApiCalls {
  callOut(request: CallOutRequest): Promise<{ readonly sessionId: string }>;
  sessionById(id: string): RunningSession | undefined;
}

export interface AiFlowCallsOptions {
  readonly calls: ApiCalls;
  /** By what apps call them: names, and what else is configured. */
  readonly flowNames: ReadonlyMap<string, string>;
  readonly holderOf: HolderOf;
  readonly log: Logger;
}

/** Behind a check of tokens. */
export function addAiFlowCalls(scope: FastifyInstance, options: AiFlowCallsOptions): void {
  scope.post<CallTarget>('/v3/ai-flows/:aiFlowId/call', (request, reply) => call(request, reply, options));
  scope.post<ActionsTarget>(
    '/v3/ai-flows/sessions/:sessionId/actions',
    { bodyLimit: ACTIONS_LIMIT_OCTETS },
    (request, reply) => act(request, reply, options),
  );
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
  { calls, flowNames, holderOf, log }: AiFlowCallsOptions,
): Promise<FastifyReply> {
  const { aiFlowId } = request.params;
  const flow = flowNames.get(aiFlowId);
  // A flow the token is not for is as good as none.
  if (flow === undefined || !mayUse(holderOf(request), flow)) throw new SwitchError('no-flow', aiFlowId);
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
  { calls, holderOf }: AiFlowCallsOptions,
): FastifyReply {
  const session = calls.sessionById(request.params.sessionId.toLowerCase());
  if (session === undefined || !mayUse(holderOf(request), session.info.flow))
    throw new SwitchError('no-session');
  request.noted = { ...request.noted, flow: session.info.flow, session: session.info.id };
  return takeActions(session, request, reply);
}

/** A background of half a minute is a megabyte and a quarter; apps send more. */
const ACTIONS_LIMIT_OCTETS = 16 * 1024 * 1024;
