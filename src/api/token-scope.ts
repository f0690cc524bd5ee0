import type { FastifyInstance, FastifyRequest } from 'fastify';
import { SwitchError } from '../errors.ts';
import { type ApiToken, Tokens } from './tokens.ts';

/** Whose token a request has; of those behind a check of tokens. */
export type HolderOf = (request: FastifyRequest) => ApiToken;

/** Adds routes for which a token is needed, and to which everything is JSON. */
export function addTokenScope(
  server: FastifyInstance,
  known: readonly ApiToken[],
  addRoutes: (scope: FastifyInstance, holderOf: HolderOf) => void,
): void {
  const tokens = new Tokens(known);
  const holders = new WeakMap<FastifyRequest, ApiToken>();
  void server.register((scope, _options, done) => {
    // What curl sends unless told is JSON as well, and what is called JSON may be nothing.
    const parseJson = scope.getDefaultJsonParser('remove', 'remove');
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'string' }, (request, body, parsed) => {
      if (body === '') parsed(null, undefined);
      else void parseJson(request, String(body), parsed);
    });
    // Before the body is read: who has no token sends us none.
    scope.addHook('onRequest', (request, _reply, next) => {
      const holder = tokens.holderOf(request.headers.authorization);
      if (holder === undefined) return next(new SwitchError('token-invalid'));
      holders.set(request, holder);
      request.noted = { token: holder.name };
      next();
    });
    addRoutes(scope, (request) => holders.get(request)!);
    done();
  });
}
