import type { FastifyReply, FastifyRequest } from 'fastify';
import type { RunningSession } from '../call/running-session.ts';
import { SwitchError } from '../errors.ts';

/** Hands the body to the call's agent, which reads it in its own words, and answers with what it understood. */
export function takeActions(
  session: RunningSession,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const { body } = request;
  if (typeof body !== 'object' || body === null || (Array.isArray(body) && body.length === 0))
    throw new SwitchError('request-invalid', 'expected an action, or a list of them');
  const taken = session.takeFromApi(body);
  if (taken === undefined) throw new SwitchError('no-outside-actions', `the flow ${session.info.flow}`);
  const { accepted, mistakes } = taken;
  request.noted = { ...request.noted, accepted, mistakes: mistakes.length };
  if (accepted > 0) return reply.code(202).send({ accepted, mistakes });
  const { code: error, httpStatus, message } = new SwitchError('request-invalid', 'no action is understood');
  return reply.code(httpStatus).send({ error, message, accepted, mistakes });
}
