import { addressKey } from '../../api/access/address';

test.each([
  ['192.0.2.1', 64, '192.0.2.1'],
  ['::ffff:192.0.2.1', 64, '192.0.2.1'],
  ['2001:db8:1:2:3:4:5:6', 64, '2001:db8:1:2::/64'],
  ['2001:db8:1:2:3:4:5:6', 48, '2001:db8:1::/48'],
  ['fe80::1%eth0', 64, 'fe80::/64'],
  ['not an address', 64, 'unknown'],
  [undefined, 64, 'unknown'],
])('the address %s is counted by its first %i bits as %s', (address, bits, key) => {
  expect(addressKey(address, bits)).toBe(key);
});
