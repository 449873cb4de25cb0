import { errors, jwtVerify, SignJWT } from 'jose';
import { z } from 'zod';
import { identifier } from '../../contracts/http/text';

export const roles = ['customer', 'support', 'admin'] as const;

export type Role = (typeof roles)[number];

/** Who calls: the subject and the role of a verified token. */
export interface Actor {
  subject: string;
  role: Role;
}

/** Thrown for a token that is not accepted; the message says why and may be shown to the caller. */
export class InvalidToken extends Error {
  override readonly name = 'InvalidToken';
}

const ISSUER = 'consign';
const AUDIENCE = 'consign-api';
const ALGORITHM = 'HS256';
const CLOCK_TOLERANCE_SECONDS = 5;
const HALF_A_DAY_SECONDS = 12 * 3600;

const accepted = z.object({ sub: identifier, role: z.enum(roles) });

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

/** The actor of a token: signed by HS256 with our secret, in force, ours by issuer and audience. Throws an {@link InvalidToken}. */
export async function verifyToken(secret: string, token: string): Promise<Actor> {
  const { payload } = await jwtVerify(token, keyOf(secret), {
    algorithms: [ALGORITHM],
    issuer: ISSUER,
    audience: AUDIENCE,
    clockTolerance: CLOCK_TOLERANCE_SECONDS,
    requiredClaims: ['sub', 'exp'],
  }).catch((error: unknown) => {
    throw error instanceof errors.JOSEError ? new InvalidToken(explain(error)) : error;
  });
  const claims = accepted.safeParse(payload);
  if (!claims.success) {
    const wrong = claims.error.issues[0]?.path[0];
    throw new InvalidToken(
      wrong === 'role'
        ? `the token's claim "role" must be one of ${roles.join(', ')}`
        : `the token's claim "sub" must be 1 to 64 letters, digits or any of . _ : -`,
    );
  }
  return { subject: claims.data.sub, role: claims.data.role };
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
