import { z } from 'zod';
import { issueToken, roles, type Role } from '../../api/access/tokens';
import { runCommand, UsageError } from '../../infra/command-line.mjs';
import { readConfig } from '../../infra/config';
import { findJwtSecret } from '../../infra/jwt-secret';
import { addresses } from '../../infra/stack/welcome';
import { installed, run } from './schemathesis';

const usage = `
usage: npm run fuzz-api -- [--role customer|support|admin] [--examples 20] [--seed 1]

Runs Schemathesis with all its checks against the running stack, as each role in turn: requests that the OpenAPI document
allows and requests that it does not. Fails for an answer that the document does not describe, or a 5xx.

  --role      only this role
  --examples  how many requests of each kind are made up for each operation, besides those that cover its schema
  --seed      the same seed makes the same requests

It writes orders, products, stock and faults, so let it loose on a stack of its own: the one that API_PORT and DATA_DIR
name, as they were given to npm start.
`;

const whole = (max: number) =>
  z
    .string()
    .regex(/^[1-9][0-9]{0,8}$/, 'must be a whole number')
    .transform(Number)
    .pipe(z.int().max(max));

const options = z.object({
  role: z.enum(roles, `must be one of ${roles.join(', ')}`).optional(),
  examples: whole(100_000).default(20),
  seed: whole(999_999_999).default(1),
});

const REQUEST_TIMEOUT_S = 60;

const text = { type: 'string' } as const;

/** The command `npm run fuzz-api`. */
async function main({ values }: { values: unknown }): Promise<number> {
  const parsed = options.safeParse(values);
  if (!parsed.success) {
    throw new UsageError(parsed.error.issues.map(({ path, message }) => `--${path.join('.')} ${message}`).join('\n'));
  }
  const { role, examples, seed } = parsed.data;
  const schemathesis = installed((line) => console.log(line));
  const config = readConfig(process.env);
  const { API: api } = addresses(config);
  const secret = findJwtSecret(config);
  let failed = false;
  for (const each of role === undefined ? roles : [role]) {
    console.log(`\nas ${each}, seed ${seed}`);
    const token = await issueToken(secret, { role: each, subject: subjects[each] });
    const code = await run(schemathesis, [
      `${api}/openapi.json`,
      ...[
        '--header',
        `Authorization: Bearer ${token}`,
        '--checks',
        'all',
        '--request-timeout',
        String(REQUEST_TIMEOUT_S),
      ],
      ...['--max-examples', String(examples), '--seed', String(seed), '--generation-database', 'none'],
    ]);
    if (code !== 0) failed = true;
  }
  await clearFaults(api, await issueToken(secret, { role: 'admin', subject: subjects.admin }));
  return failed ? 1 : 0;
}

const subjects: Readonly<Record<Role, string>> = { customer: 'cus_1001', support: 'sup_fuzz', admin: 'adm_fuzz' };

/** Removes the faults that the run has written, because an order on `hold` would wait for ever. */
async function clearFaults(api: string, token: string): Promise<void> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  await fetch(`${api}/v1/sandbox/faults`, { method: 'PUT', headers, body: '[]' });
}

void runCommand({ usage, options: { role: text, examples: text, seed: text } }, main);
