import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { partsThatRun, watchSources } from '../../infra/stack/watch-sources';
import { eventually } from '../support/eventually';

test.each([
  ['workflows/order/fulfil-order.ts', ['worker']],
  ['activities/payment/authorise.ts', ['worker']],
  ['api/orders/cancel.ts', ['api']],
  ['domain/money.ts', ['api', 'worker']],
  ['events/message-relay.ts', ['worker']],
  ['infra/stack/launch.ts', []],
  ['infra/install/install.mjs', []],
  ['domain/notes.txt', []],
  ['tests/domain/money.test.ts', []],
])('%s is run by %j', (file, parts) => {
  expect(partsThatRun(file)).toEqual(parts);
});

test('what changes at once is told once, with all that run it', async () => {
  const root = mkdtempSync(path.join(tmpdir(), 'consign-sources-'));
  const folders = [
    'activities',
    'adapters',
    'api',
    'books',
    'contracts',
    'domain',
    'events',
    'infra',
    'workers',
    'workflow-client',
  ];
  for (const folder of [...folders, 'workflows/order']) mkdirSync(path.join(root, folder), { recursive: true });
  const told: string[][] = [];
  const watched = watchSources((parts) => told.push([...parts].sort()), root);
  for (const file of ['api/one.ts', 'workflows/order/two.ts', 'domain/read-me.txt']) {
    writeFileSync(path.join(root, file), '');
  }
  await eventually(
    () => told,
    (parts) => parts.length > 0,
  );
  watched.stop();
  rmSync(root, { recursive: true });
  expect(told).toEqual([['api', 'worker']]);
});
