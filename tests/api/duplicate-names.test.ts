import fc from 'fast-check';
import { duplicateName } from '../../api/http/duplicate-names';

test.each([
  ['{"a":1,"a":2}', ['a']],
  ['{"a":1,"\\u0061":2}', ['a']],
  ['[{"b":{}},{"b":[0,{"c":1,"c":1}]}]', [1, 'b', 1, 'c']],
  ['{"a":{"x":1},"b":{"x":1},"a":0}', ['a']],
  ['{"":1,"":1}', ['']],
  ['{"__proto__":1,"__proto__":1}', ['__proto__']],
])('in %s the field %j is named', (json, path) => {
  expect(duplicateName(json)).toEqual(path);
});

test.each(['{"a":"a","b":"a"}', '["a","a"]', '{"a":["b","b"],"b":1}', '{"a":"\\",\\"a\\":1"}', '"a"', '7'])(
  '%s names no field twice',
  (json) => {
    expect(duplicateName(json)).toBeUndefined();
  },
);

test('what JSON.stringify writes names no field twice', () => {
  fc.assert(fc.property(fc.jsonValue(), (value) => duplicateName(JSON.stringify(value)) === undefined));
});

test('a text that is nested as deep as it is long is scanned to its end', () => {
  const deep = `${'{"a":'.repeat(40_000)}{"b":1,"b":2}${'}'.repeat(40_000)}`;
  expect(duplicateName(deep)).toHaveLength(40_001);
});
