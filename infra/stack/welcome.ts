import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { issueToken } from '../../api/access/tokens';
import { exampleOrder } from '../../api/orders/example-order';
import type { Config } from '../config';
import { loadJwtSecret } from '../jwt-secret';

const MOST_HOURS = 12;

/** Where a running stack is found. */
export function addresses(config: Config): { API: string; 'Temporal UI': string } {
  const { host, port } = config.api;
  const reached = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host;
  return { API: `http://${reached}:${port}`, 'Temporal UI': config.temporal.uiUrl };
}

/** What a person needs who has just started the stack: addresses, a token, and a first order to paste. */
export async function welcome(config: Config): Promise<string> {
  const { API: api, 'Temporal UI': ui } = addresses(config);
  const hours = Math.min(MOST_HOURS, config.api.tokenHours.customer);
  const token = await issueToken(loadJwtSecret(config), {
    subject: exampleOrder.customerId,
    role: 'customer',
    expiresInSeconds: hours * 3600,
  });
  const logs = path.join(shown(config.dataDir), 'log');
  return `
Consign is running. Ctrl-C stops it, and the next npm start resumes every order.

  API          ${api} (described by ${api}/openapi.json)
  Temporal UI  ${ui}
  Logs         ${logs}${path.sep}<name>.log, in JSON lines

A token of the customer ${exampleOrder.customerId}, good for ${hours} hours (for others: npm run -s token -- --role support --subject sup_1):

${token}

A first order:

curl -sS ${api}/v1/orders \\
  -H 'Authorization: Bearer ${token}' \\
  -H 'Content-Type: application/json' \\
  -H 'Idempotency-Key: ${randomUUID()}' \\
  -H 'Prefer: wait=10' \\
  -d '${JSON.stringify(exampleOrder)}'
`;
}

/** Relative if that is shorter to read: below the folder that we are in. */
function shown(folder: string): string {
  const relative = path.relative('', folder);
  return relative === '' || relative.startsWith('..') ? folder : relative;
}
