import type { Request } from 'express';
import { InvalidToken, verifyToken, type Actor, type Bearer, type Role, type TokenRules } from './tokens';
import { Problem } from '../http/problem';

/** The actor of the request's bearer token. Throws the problem `unauthenticated`, saying what is wrong with it. */
export async function authenticate(request: Request, rules: TokenRules): Promise<Bearer> {
  const header = request.get('authorization');
  if (header === undefined) throw refused('send a token in the header Authorization: Bearer <token>');
  const token = /^Bearer +([^\s]+)$/i.exec(header)?.[1];
  if (token === undefined) throw refused('the header Authorization must read Bearer <token>');
  try {
    return await verifyToken(rules, token);
  } catch (error) {
    throw error instanceof InvalidToken ? refused(error.message) : error;
  }
}

/** Throws the problem `forbidden` if the actor's role is not among the allowed. */
export function authorise(actor: Actor, allowed: readonly Role[]): void {
  if (allowed.includes(actor.role)) return;
  throw new Problem('forbidden', `this needs the role ${allowed.join(' or ')}; the token has ${actor.role}`);
}

/** RFC 6750: the challenge carries the reason in ASCII, without quotes or backslashes. */
const refused = (detail: string): Problem => {
  const description = detail.replace(/["\\]/g, "'");
  const challenge = `Bearer error="invalid_token", error_description="${description}"`;
  return new Problem('unauthenticated', detail, { headers: { 'WWW-Authenticate': challenge } });
};
