import { z } from 'zod';
import { identifier } from '../../contracts/http/text';
import { runCommand, UsageError } from '../../infra/command-line.mjs';
import { readConfig } from '../../infra/config';
import { findJwtSecret } from '../../infra/jwt-secret';
import { issueToken, roles, tokenRules } from './tokens';

const usage = `
usage: npm run -s token -- --role customer|support|admin --subject <id> [--expires-in 12h]

Prints a token for the API of the stack in DATA_DIR, or with the secret JWT_SECRET.

  --role        whose rights it gives
  --subject     the customer's id, or who of the staff it is
  --expires-in  a number and one of s, m, h, d: 12h by default; a customer's token lives at most JWT_CUSTOMER_HOURS
                (24), one of staff JWT_STAFF_HOURS (12)
`;

const SECONDS = { s: 1, m: 60, h: 3600, d: 86_400 } as const;
const text = { type: 'string' } as const;

const given = z.object({
  role: z.enum(roles, `must be one of ${roles.join(', ')}`),
  subject: z.string('must be given').pipe(identifier),
  'expires-in': z
    .string()
    .regex(/^[1-9][0-9]{0,5}[smhd]$/, 'must be a number and one of s, m, h, d, for example 12h')
    .optional(),
});

/** The command `npm run token`. */
async function main({ values }: { values: unknown }): Promise<void> {
  const parsed = given.safeParse(values);
  if (!parsed.success) {
    throw new UsageError(parsed.error.issues.map(({ path, message }) => `--${path.join('.')} ${message}`).join('\n'));
  }
  const { role, subject, 'expires-in': lifetime } = parsed.data;
  const config = readConfig(process.env);
  const secret = findJwtSecret(config);
  const longestHours = tokenRules(config, secret).longestHours[role];
  const expiresInSeconds = lifetime === undefined ? Math.min(12, longestHours) * 3600 : secondsIn(lifetime);
  if (expiresInSeconds > longestHours * 3600) {
    throw new UsageError(
      `--expires-in must be at most ${longestHours}h for the role ${role}: the API refuses longer ones`,
    );
  }
  process.stdout.write(`${await issueToken(secret, { role, subject, expiresInSeconds })}\n`);
}

const secondsIn = (lifetime: string): number =>
  Number(lifetime.slice(0, -1)) * SECONDS[lifetime.slice(-1) as keyof typeof SECONDS];

void runCommand({ usage, options: { role: text, subject: text, 'expires-in': text } }, main);
