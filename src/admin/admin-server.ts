/** The HTTP server for those who run the service: health, readiness, metrics. */
import Fastify, { type FastifyInstance } from 'fastify';
import { SwitchError } from '../errors.ts';
import type { Logger } from '../logger.ts';
import type { Metrics } from './metrics.ts';
import type { Readiness } from './readiness.ts';

export interface AdminServerOptions {
  readonly metrics: Metrics;
  readonly readiness: Readiness;
  readonly log: Logger;
}

/** Not yet listening; further routes may be added. */
export function createAdminServer({ metrics, readiness, log }: AdminServerOptions): FastifyInstance {
  const server = Fastify({ bodyLimit: BODY_LIMIT_OCTETS, forceCloseConnections: true });

  server.get('/healthz', () => ({ status: 'alive' }));

  server.get('/readyz', (_request, reply) => {
    const { hindrances } = readiness;
    if (hindrances.length === 0) return reply.send({ status: 'ready' });
    return reply.code(503).send({ status: 'not-ready', reasons: hindrances });
  });

  server.get('/metrics', async (_request, reply) => {
    const text = await metrics.register.metrics();
    return reply.type(metrics.register.contentType).send(text);
  });

  server.setNotFoundHandler((_request, reply) => reply.code(404).send({ error: 'not-found' }));

  server.setErrorHandler((error, request, reply) => {
    if (error instanceof SwitchError)
      return reply.code(error.httpStatus).send({ error: error.code, message: error.message });
    const status = statusOf(error);
    if (status < 500) return reply.code(status).send({ error: 'bad-request' });
    log.error({ error, route: request.routeOptions.url }, 'an HTTP request failed');
    return reply.code(500).send({ error: 'internal' });
  });
  return server;
}

/** Rejects with `SwitchError` `port-in-use` when someone else listens there. Returns the port bound. */
export async function listen(
  server: FastifyInstance,
  address: string,
  port: number,
  key: string = 'admin.port',
): Promise<number> {
  try {
    await server.listen({ host: address, port });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')) throw error;
    throw new SwitchError('port-in-use', `TCP ${address}:${port}, as ${key} says`, { cause: error });
  }
  const bound = server.server.address();
  return typeof bound === 'object' && bound !== null ? bound.port : port;
}

/** Fastify marks what the client did wrong with a status of its own. */
function statusOf(error: unknown): number {
  const status = error instanceof Error && 'statusCode' in error ? error.statusCode : undefined;
  return typeof status === 'number' && status >= 400 ? status : 500;
}

const BODY_LIMIT_OCTETS = 64 * 1024;
