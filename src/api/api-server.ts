/** The HTTP server for apps: calling out, actions for calls, and as much of other services' APIs as their apps use. */
import type { RequestListener, Server } from 'node:http';
import Fastify, { type FastifyInstance } from 'fastify';
import { type AiFlowCallsOptions, addAiFlowCalls } from './ai-flow-calls.ts';
import { type ApiRequestsOptions, addApiRequests, newRequestId } from './api-requests.ts';
import { addTwilioCalls, type TwilioCallsOptions } from './twilio-calls.ts';

export interface ApiServerOptions extends AiFlowCallsOptions, ApiRequestsOptions {
  readonly twilioFlows: TwilioCallsOptions['flows'];
  /** With or without TLS. */
  readonly createServer: (listener: RequestListener) => Server;
}

/** Not yet listening. */
export function createApiServer(options: ApiServerOptions): FastifyInstance {
  const { calls, twilioFlows } = options;
  const server = Fastify({
    bodyLimit: BODY_LIMIT_OCTETS,
    forceCloseConnections: true,
    genReqId: newRequestId,
    serverFactory: (handler) => options.createServer(handler as RequestListener),
  });
  addApiRequests(server, options);
  addAiFlowCalls(server, options);
  addTwilioCalls(server, { flows: twilioFlows, sessionById: (id) => calls.sessionById(id) });
  return server;
}

/** Of all but actions, which have sounds in them. */
const BODY_LIMIT_OCTETS = 64 * 1024;
