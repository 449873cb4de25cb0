import { parseArgs } from 'node:util';
import { z } from 'zod';
import { identifier } from '../../contracts/http/text';
import { ConfigError, readConfig } from '../../infra/config';
import { loadJwtSecret } from '../../infra/jwt-secret';
import { issueToken, roles } from './tokens';

const USAGE = 'usage: npm run -s token -- --role customer|support|admin --subject <id> [--expires-in 12h]';
const SECONDS = { s: 1, m: 60, h: 3600, d: 86_400 } as const;

const options = z.object({
  role: z.enum(roles, `must be one of ${roles.join(', ')}`),
  subject: z.string('must be given').pipe(identifier),
  'expires-in': z
    .string()
    .regex(/^[1-9][0-9]{0,5}[smhd]$/, 'must be a number and one of s, m, h, d, for example 12h')
    .default('12h'),
});

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { role: { type: 'string' }, subject: { type: 'string' }, 'expires-in': { type: 'string' } },
  });
  const given = options.parse(values);
  const unit = given['expires-in'].slice(-1) as keyof typeof SECONDS;
  const expiresInSeconds = Number(given['expires-in'].slice(0, -1)) * SECONDS[unit];
  const secret = loadJwtSecret(readConfig(process.env));
  console.log(await issueToken(secret, { role: given.role, subject: given.subject, expiresInSeconds }));
}

main().catch((error: unknown) => {
  process.exitCode = 1;
  if (error instanceof z.ZodError)
    console.error(error.issues.map((issue) => `--${issue.path.join('.')} ${issue.message}`).join('\n'));
  else if (error instanceof ConfigError || error instanceof TypeError) console.error(error.message);
  else throw error;
  console.error(USAGE);
});
