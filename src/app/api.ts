import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttpsServer, type Server as HttpsServer } from 'node:https';
import type { FastifyInstance } from 'fastify';
import { listen } from '../admin/admin-server.ts';
import type { ApiCalls } from '../api/ai-flow-calls.ts';
import type { ApiMetrics } from '../api/api-requests.ts';
import { createApiServer } from '../api/api-server.ts';
import type { Clock } from '../clock.ts';
import type { ApiConfig, Config } from '../config/config.ts';
import { SwitchError } from '../errors.ts';
import type { Logger } from '../logger.ts';
import { loadCredentials } from '../net/tls-credentials.ts';
import { twilioFlowsOf } from './twilio-flows.ts';

export interface ApiOptions {
  readonly config: Config;
  readonly calls: ApiCalls;
  readonly clock: Clock;
  readonly metrics: ApiMetrics;
  readonly log: Logger;
  readonly retryAfterS: number;
}

/** The HTTP API as it is configured, plain or over TLS. */
export class Api {
  readonly #options: ApiOptions;
  #server: FastifyInstance | undefined;
  #secure: HttpsServer | undefined;

  constructor(options: ApiOptions) {
    this.#options = options;
  }

  /**
   * Where it answers from now on; undefined when it is off. Rejects with `SwitchError`: `port-in-use`, or
   * `config-invalid` for a certificate that cannot be used.
   */
  async start(): Promise<string | undefined> {
    const { config, ...options } = this.#options;
    const { address, port, enabled, tls, tokens } = config.api;
    if (!(enabled ?? tokens.length > 0)) return undefined;
    const credentials = tls && loadedFrom(tls);
    if (credentials && 'trouble' in credentials)
      throw new SwitchError('config-invalid', `api.tls: ${credentials.trouble}`);
    this.#server = createApiServer({
      ...options,
      tokens,
      flowNames: flowNamesOf(config),
      jambonzAccounts: jambonzAccountsOf(config),
      twilioFlows: twilioFlowsOf(config),
      createServer: (listener) => {
        if (credentials === undefined) return createHttpServer(TIMES, listener);
        this.#secure = createHttpsServer({ ...credentials.options, ...TIMES }, listener);
        return this.#secure;
      },
    });
    const bound = await listen(this.#server, address, port, 'api.port');
    const host = address.includes(':') ? `[${address}]` : address;
    return `${tls === undefined ? 'http' : 'https'}://${host}:${bound}`;
  }

  /** Connections that stand go on with the certificate they have. */
  reloadCertificates(): void {
    const { config, log } = this.#options;
    if (this.#secure === undefined || config.api.tls === undefined) return;
    const credentials = loadedFrom(config.api.tls);
    if ('trouble' in credentials)
      log.error(
        { reason: credentials.trouble },
        "the HTTP API's new certificate cannot be used: the old one stays",
      );
    else this.#secure.setSecureContext(credentials.options);
  }

  async close(): Promise<void> {
    await this.#server?.close();
  }
}

function loadedFrom(tls: NonNullable<ApiConfig['tls']>): ReturnType<typeof loadCredentials> {
  return loadCredentials({ certificates: [tls], clientCertificate: 'none', minVersion: 'TLSv1.2' });
}

/** Names of flows by what apps call them: the name itself, or its id. */
function flowNamesOf({ flows }: Config): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(flows).flatMap(([name, { id = name }]) => [
      [name, name],
      [id, name],
    ]),
  );
}

/** The account that each flow's jambonz app is told. */
function jambonzAccountsOf({ flows }: Config): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(flows).flatMap(([name, { agent, accountId }]) =>
      agent.kind === 'jambonz' ? [[name, agent.accountSid ?? accountId] as const] : [],
    ),
  );
}

/** For the whole of a request, 16 MB of sound included, and for its headers. */
const TIMES = { requestTimeout: 30_000, headersTimeout: 10_000 };
