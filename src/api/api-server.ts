/** The HTTP server for apps: calling out, actions for calls, and as much of other services' APIs as their apps use. */
import type { RequestListener, Server } from 'node:http';
import Fastify, { type FastifyInstance } from 'fastify';
import { type AiFlowCallsOptions, addAiFlowCalls } from './ai-flow-calls.ts';
import { type ApiRequestsOptions, addApiRequests, newRequestId } from './api-requests.ts';
import { addJambonzCalls, type JambonzCallsOptions } from './jambonz-calls.ts';
import { addTokenScope } from './token-scope.ts';
import type { ApiToken } from './tokens.ts';
import { addTwilioCalls, type TwilioCallsOptions } from './twilio-calls.ts';

export interface ApiServerOptions extends ApiRequestsOptions, Omit<AiFlowCallsOptions, 'holderOf'> {
  readonly tokens: readonly ApiToken[];
  readonly jambonzAccounts: JambonzCallsOptions['accountSids'];
  readonly twilioFlows: TwilioCallsOptions['flows'];
  /** With or without TLS. */
  readonly createServer: (listener: RequestListener) => Server;
}

/** Not yet listening. */
export function createApiServer(options: ApiServerOptions): FastifyInstance {
  const { calls, tokens, jambonzAccounts: accountSids, twilioFlows } = options;
  const server = Fastify({
    bodyLimit: BODY_LIMIT_OCTETS,
    forceCloseConnections: true,
    genReqId: newRequestId,
    serverFactory: (handler) => options.createServer(handler as RequestListener),
  });
  addApiRequests(server, options);
  const sessionById = (id: string) => calls.sessionById(id);
  addTokenScope(server, tokens, (scope, holderOf) => {
    addAiFlowCalls(scope, { ...options, holderOf });
    addJambonzCalls(scope, { sessionById, accountSids, holderOf });
  });
  addTwilioCalls(server, { flows: twilioFlows, sessionById });
  return server;
}

/** Of all but actions, which have sounds in them. */
const BODY_LIMIT_OCTETS = 64 * 1024;
