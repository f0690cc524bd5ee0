/**
 * As much of Twilio's REST API as bots behind its media streams use: they end a call by setting it to completed.
 * @see https://www.twilio.com/docs/voice/api/call-resource#update-a-call-resource
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { accountSidOf, sessionIdOf } from '../agent/twilio/twilio-sids.ts';
import type { RunningSession } from '../call/running-session.ts';

/** A flow behind whose agent bots may end their calls. */
export interface TwilioFlow {
  readonly accountId: string;
  readonly accountSid?: string | undefined;
  readonly authToken: string;
}

export interface TwilioCallsOptions {
  /** By name; those with a token. */
  readonly flows: ReadonlyMap<string, TwilioFlow>;
  readonly sessionById: (id: string) => RunningSession | undefined;
}

export function addTwilioCalls(server: FastifyInstance, options: TwilioCallsOptions): void {
  // A scope of its own: other routes take no forms.
  void server.register((scope, _options, done) => {
    scope.addContentTypeParser(
      'application/x-www-form-urlencoded',
      { parseAs: 'string' },
      (_request, body, parsed) => parsed(null, new URLSearchParams(String(body))),
    );
    scope.post<CallRequest>('/2010-04-01/Accounts/:accountSid/Calls/:callSid.json', (request, reply) =>
      update(request, reply, options),
    );
    done();
  });
}

interface CallRequest {
  Params: { readonly accountSid: string; readonly callSid: string };
}

function update(
  request: FastifyRequest<CallRequest>,
  reply: FastifyReply,
  { flows, sessionById }: TwilioCallsOptions,
): FastifyReply {
  const { accountSid, callSid } = request.params;
  const authorization = request.headers.authorization ?? '';
  const permitted = [...flows].filter(
    ([, flow]) => sidOf(flow) === accountSid && isSame(authorization, basic(accountSid, flow.authToken)),
  );
  if (permitted.length === 0) return refuse(reply, 401, 20_003, 'Authenticate');
  const sessionId = sessionIdOf(callSid);
  const session = sessionId === undefined ? undefined : sessionById(sessionId);
  if (session === undefined || !permitted.some(([name]) => name === session.info.flow))
    return refuse(reply, 404, 20_404, `The requested resource ${request.url} was not found`);
  const status = request.body instanceof URLSearchParams ? request.body.get('Status') : null;
  if (status !== 'completed') return refuse(reply, 400, 20_001, ONLY_COMPLETED);
  session.hangUp();
  const { from, to, direction } = session.info;
  return reply.send({
    sid: callSid,
    account_sid: accountSid,
    status,
    from,
    to,
    direction: direction === 'inbound' ? 'inbound' : 'outbound-api',
    api_version: '2010-04-01',
    uri: request.url,
  });
}

function sidOf({ accountSid, accountId }: TwilioFlow): string {
  return accountSid ?? accountSidOf(accountId);
}

/** RFC 7617. */
function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}

/** Takes as long for a token that is nearly right. */
function isSame(given: string, expected: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}

/** In the form of Twilio's errors, whose codes bots look at. */
function refuse(reply: FastifyReply, status: number, code: number, message: string): FastifyReply {
  return reply
    .code(status)
    .send({ code, message, more_info: `https://www.twilio.com/docs/errors/${code}`, status });
}

const ONLY_COMPLETED =
  'Only Status=completed is supported: Twiml, Url and other changes of a running call are not';
