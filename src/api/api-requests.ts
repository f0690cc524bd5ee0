/** What every request to the API has in common: a number in the log, a count, a line, and an answer when it fails. */
import { randomUUID } from 'node:crypto';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Clock } from '../clock.ts';
import { SwitchError } from '../errors.ts';
import type { LogFields, Logger } from '../logger.ts';
import { FailedAttempts } from './failed-attempts.ts';

export interface ApiMetrics {
  /** `route` is a pattern of ours. */
  apiRequest(route: string, status: number): void;
}

export interface ApiRequestsOptions {
  readonly clock: Clock;
  readonly metrics: ApiMetrics;
  readonly log: Logger;
  /** Told to whoever asks for a call while the service stops. */
  readonly retryAfterS: number;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** For its line in the log. */
    noted: LogFields;
  }
}

export const newRequestId: () => string = randomUUID;

export function addApiRequests(server: FastifyInstance, options: ApiRequestsOptions): void {
  const { clock, metrics, log, retryAfterS } = options;
  const failed = new FailedAttempts();
  server.decorateRequest('noted');

  server.addHook('onRequest', (request, reply, next) => {
    request.noted = {};
    reply.header('x-request-id', request.id);
    const waitMs = failed.waitMs(request.ip, clock.nowMs());
    if (waitMs === 0) next();
    else {
      reply.header('retry-after', Math.ceil(waitMs / 1000));
      next(new SwitchError('too-many-attempts'));
    }
  });

  server.addHook('onResponse', (request, reply, next) => {
    const { statusCode: status, elapsedTime } = reply;
    if (status === UNAUTHORIZED) failed.note(request.ip, clock.nowMs());
    const route = request.routeOptions.url ?? 'none';
    metrics.apiRequest(route, status);
    const elapsedMs = Math.round(elapsedTime);
    const { id, method, ip, noted } = request;
    log.info({ request: id, method, route, source: ip, status, elapsedMs, ...noted }, 'API request');
    next();
  });

  server.setNotFoundHandler((_request, reply) => reply.code(404).send({ error: 'not-found' }));
  server.setErrorHandler((error, request, reply) => answerFailure(error, request, reply));

  function answerFailure(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
    const known = operational(error);
    if (known === undefined) {
      log.error({ error, request: request.id, route: request.routeOptions.url }, 'an API request failed');
      return reply.code(500).send({ error: 'internal' });
    }
    const { code, httpStatus, message } = known;
    request.noted = { ...request.noted, reason: code };
    if (code === 'token-invalid') reply.header('www-authenticate', 'Bearer realm="patchbay"');
    if (code === 'draining') reply.header('retry-after', retryAfterS);
    if (code === 'too-many-outbound-calls') reply.header('retry-after', TRY_AGAIN_S);
    return reply.code(httpStatus).send({ error: code, message });
  }
}

/** An error of ours, or what Fastify found wrong with the request; undefined: a bug. */
function operational(error: unknown): SwitchError | undefined {
  if (error instanceof SwitchError) return error;
  const { statusCode = 500, message } = error as Partial<FastifyError>;
  if (statusCode === PAYLOAD_TOO_LARGE) return new SwitchError('request-too-large');
  return statusCode < 500 ? new SwitchError('request-invalid', message) : undefined;
}

const UNAUTHORIZED = 401;
const PAYLOAD_TOO_LARGE = 413;
/** As callers are told when the service is full. */
const TRY_AGAIN_S = 10;
