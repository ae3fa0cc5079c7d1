import t from 'tap';
import { isLoopback } from '../../../src/access/is-loopback.js';
import { plainAddress } from '../../../src/access/plain-address.js';
import { networkOf } from '../../../src/access/principal.js';

t.test('an address of IPv4 is one address, however a socket writes it (SEC-11)', async (t) => {
  for (const written of ['1.2.3.4', '::ffff:1.2.3.4', '::ffff:102:304', '::FFFF:102:304']) {
    t.equal(plainAddress(written), '1.2.3.4', written);
    t.equal(networkOf(written), '1.2.3.4', written);
  }
  for (const other of ['::1', '2001:db8::1', '::ffff:1:2:3', '::ffff:', '', 'unix'])
    t.equal(plainAddress(other), other, 'what is none stays as it is');
  t.equal(networkOf('2001:db8:1:2:3:4:5:6'), '2001:db8:1:2::/64');
});

t.test('a connection is of this machine when its address is of 127.0.0.0/8, or ::1 (W-55)', async (t) => {
  for (const address of ['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1', '::ffff:7f00:1', '::ffff:7fff:ffff'])
    t.equal(isLoopback(address), true, address);
  // The last two are 7.241.0.1 and 0.127.0.1.
  for (const address of ['', '128.0.0.1', '10.0.0.1', '2001:db8::1', '::2', '::ffff:8000:1', '::ffff:7f1:1', '::ffff:7f:1'])
    t.equal(isLoopback(address), false, address);
});
