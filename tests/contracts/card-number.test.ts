import fc from 'fast-check';
import { containsCardNumber } from '../../contracts/http/card-number';

test.each([
  '4111111111111111',
  '4111 1111 1111 1111',
  '4111-1111-1111-1111',
  'tok_4111111111111111',
  'my card: 378282246310005, thank you',
  '2026 5555 5555 5555 4444',
  '2223003122003222',
  '6304000000000000',
  '４１１１１１１１１１１１１１１１',
])('%p has a card number', (text) => {
  expect(containsCardNumber(text)).toBe(true);
});

test.each([
  ['a digit that is wrong', '4111111111111112'],
  ['an order number by date', '20261130-000126'],
  ['a time in milliseconds', '1764512345678'],
  ['a phone number', '+4915112345678'],
  ['a number that no network issues', '9999999999999995'],
  ['too few digits', '4111 1111'],
  ['too many digits', '41111111111111111111111'],
  ['digits in a word', 'a4111111111111111b'],
])('%s is none: %p', (_, text) => {
  expect(containsCardNumber(text)).toBe(false);
});

test('no UUID is one', () => {
  fc.assert(fc.property(fc.uuid(), (id) => !containsCardNumber(id)));
  expect(containsCardNumber('41111111-1111-4111-8111-111111111111')).toBe(false);
});
