import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { apiLimits } from '../../api/access/api-limits';
import { readConfig, readSettings } from '../../infra/config';
import { codeIn, read, rowsOf } from '../docs/documents';

test('API_LIMITS_FILE replaces the limits that it names', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'consign-limits-'));
  const file = path.join(folder, 'limits.json');
  writeFileSync(file, '{ "streamsPerSubject": 7, "requestsPerSubject": { "count": 9 } }');
  expect(readSettings(readConfig({ API_LIMITS_FILE: file }).apiLimitsFile, apiLimits)).toEqual({
    ...apiLimits.parse({}),
    streamsPerSubject: 7,
    requestsPerSubject: { count: 9, seconds: 10 },
  });
  rmSync(folder, { recursive: true });
});

test.each(['10.0.0.0/8', '192.0.2.1', 'fd00::/8', '::1', 'loopback', 'uniquelocal'])(
  'the proxies of %s are trusted',
  (network) => {
    expect(apiLimits.parse({ trustedProxies: [network] }).trustedProxies).toEqual([network]);
  },
);

test.each(['true', '*', '', '10.0.0.0/33', 'fd00::/129', '10.0.0.0/8/8', 'proxy.example', '10.0.0.0/'])(
  'nobody is trusted by "%s"',
  (network) => {
    expect(() => apiLimits.parse({ trustedProxies: [network] })).toThrow('never true');
  },
);

test('trust in everybody is refused', () => {
  expect(() => apiLimits.parse({ trustedProxies: true })).toThrow();
});

test('the guide has each limit with its default', () => {
  const rows = rowsOf(read('docs/how-to/limit-what-callers-use.md'), 'limit');
  const documented = rows.map(([name = '', value = '']) => [codeIn(name), codeIn(value)]);
  const shown = Object.entries(apiLimits.parse({})).map(([name, value]) => [name, JSON.stringify(value)]);
  expect(documented).toEqual(shown);
});
