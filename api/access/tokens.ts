import { errors, jwtVerify, SignJWT, type JWTPayload } from 'jose';
import { z } from 'zod';
import { identifier } from '../../contracts/http/text';
import type { Config } from '../../infra/config';

export const roles = ['customer', 'support', 'admin'] as const;

export type Role = (typeof roles)[number];

/** Who calls: the subject and the role of a verified token. */
export interface Actor {
  subject: string;
  role: Role;
}

/** An actor for as long as the token that said so is in force. */
export type Bearer = Actor & { expiresAtMs: number };

/** Thrown for a token that is not accepted; the message says why and may be shown to the caller. */
export class InvalidToken extends Error {
  override readonly name = 'InvalidToken';
}

/** Which tokens are accepted. */
export interface TokenRules {
  /** A token is signed by one of these: two while one is replaced by another. */
  secrets: readonly string[];
  /** The longest that a token may live. */
  longestHours: Readonly<Record<Role, number>>;
}

/** @param secret - signs new tokens */
export const tokenRules = ({ api }: Config, secret: string): TokenRules => ({
  secrets: [secret, ...(api.previousJwtSecret === undefined ? [] : [api.previousJwtSecret])],
  longestHours: { customer: api.tokenHours.customer, support: api.tokenHours.staff, admin: api.tokenHours.staff },
});

const ISSUER = 'consign';
const AUDIENCE = 'consign-api';
const ALGORITHM = 'HS256';
const CLOCK_TOLERANCE_SECONDS = 5;
const HALF_A_DAY_SECONDS = 12 * 3600;

const accepted = z.object({ sub: identifier, role: z.enum(roles), iat: z.number(), exp: z.number() });

const keyOf = (secret: string): Uint8Array => new TextEncoder().encode(secret);

/** Signs a token for a subject and a role; it is good for 12 hours if no other time is given. */
export function issueToken(
  secret: string,
  claims: { subject: string; role: Role; expiresInSeconds?: number },
): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  return new SignJWT({ role: claims.role })
    .setProtectedHeader({ alg: ALGORITHM, typ: 'JWT' })
    .setIssuer(ISSUER)
    .setAudience(AUDIENCE)
    .setSubject(claims.subject)
    .setIssuedAt(now)
    .setExpirationTime(now + (claims.expiresInSeconds ?? HALF_A_DAY_SECONDS))
    .sign(keyOf(secret));
}

/**
 * The actor of a token: signed by HS256 with one of our secrets, in force, not good for longer than its role may have,
 * ours by issuer and audience. Throws an {@link InvalidToken}.
 */
export async function verifyToken({ secrets, longestHours }: TokenRules, token: string): Promise<Bearer> {
  const payload = await payloadOf(secrets, token);
  const claims = accepted.safeParse(payload);
  if (!claims.success) {
    const wrong = claims.error.issues[0]?.path[0];
    throw new InvalidToken(
      wrong === 'role'
        ? `the token's claim "role" must be one of ${roles.join(', ')}`
        : `the token's claim "sub" must be 1 to 128 letters, digits or any of . _ : | @ / + = ~ -`,
    );
  }
  const { sub: subject, role, iat, exp } = claims.data;
  if (iat > Date.now() / 1000 + CLOCK_TOLERANCE_SECONDS) throw new InvalidToken(`the token's claim "iat" lies ahead`);
  if (exp - iat > longestHours[role] * 3600) {
    throw new InvalidToken(`a token of the role ${role} may live ${longestHours[role]} h at most; get a new one`);
  }
  return { subject, role, expiresAtMs: (exp + CLOCK_TOLERANCE_SECONDS) * 1000 };
}

/** A wrong signature is reported only if no secret fits. */
async function payloadOf([secret = '', ...others]: readonly string[], token: string): Promise<JWTPayload> {
  try {
    const { payload } = await jwtVerify(token, keyOf(secret), {
      algorithms: [ALGORITHM],
      issuer: ISSUER,
      audience: AUDIENCE,
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
      requiredClaims: ['sub', 'iat', 'exp'],
    });
    return payload;
  } catch (error) {
    if (error instanceof errors.JWSSignatureVerificationFailed && others.length > 0) return payloadOf(others, token);
    throw error instanceof errors.JOSEError ? new InvalidToken(explain(error)) : error;
  }
}

function explain(error: errors.JOSEError): string {
  if (error instanceof errors.JWTExpired) return 'the token has expired; get a new one';
  if (error instanceof errors.JWTClaimValidationFailed) {
    return `the token's claim "${error.claim}" is missing or not what this API accepts`;
  }
  if (error instanceof errors.JWSSignatureVerificationFailed) return "the token's signature is wrong";
  if (error instanceof errors.JOSEAlgNotAllowed) return `the token must be signed with ${ALGORITHM}`;
  return 'the token is malformed; it must be a JWT of three parts separated by dots';
}
