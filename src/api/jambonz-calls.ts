/**
 * As much of jambonz's REST API as apps use on calls that run: they change and end them.
 * @see https://docs.jambonz.org/reference/rest-call-control/calls/update-call
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { RunningSession } from '../call/running-session.ts';
import { SwitchError } from '../errors.ts';
import { takeActions } from './take-actions.ts';
import type { HolderOf } from './token-scope.ts';
import { mayUse } from './tokens.ts';

export interface JambonzCallsOptions {
  readonly sessionById: (id: string) => RunningSession | undefined;
  /** The account of each flow whose agent is such an app, by the flow's name. */
  readonly accountSids: ReadonlyMap<string, string>;
  readonly holderOf: HolderOf;
}

/** Behind a check of tokens. */
export function addJambonzCalls(scope: FastifyInstance, options: JambonzCallsOptions): void {
  const url = '/v1/Accounts/:accountSid/Calls/:callSid';
  scope.route<CallTarget>({
    method: ['PUT', 'POST'],
    url,
    handler: (request, reply) => takeActions(sessionOf(request, options), request, reply),
  });
  scope.delete<CallTarget>(url, (request, reply) => end(sessionOf(request, options), reply));
}

interface CallTarget {
  Params: { readonly accountSid: string; readonly callSid: string };
}

function sessionOf(
  request: FastifyRequest<CallTarget>,
  { sessionById, accountSids, holderOf }: JambonzCallsOptions,
): RunningSession {
  const { accountSid, callSid } = request.params;
  const session = sessionById(callSid.toLowerCase());
  const flow = session?.info.flow ?? '';
  if (session === undefined || accountSids.get(flow) !== accountSid || !mayUse(holderOf(request), flow))
    throw new SwitchError('no-session');
  request.noted = { ...request.noted, flow, session: session.info.id };
  return session;
}

function end(session: RunningSession, reply: FastifyReply): FastifyReply {
  session.hangUp();
  return reply.code(204).send();
}
