import { describe, expect, it } from 'vitest';
import { SourceLock } from '../../src/rtp/source-lock.ts';

const strict = (address = '192.0.2.7'): SourceLock =>
  new SourceLock({ address, port: 4000, symmetric: false });
const symmetric = (): SourceLock => new SourceLock({ address: '10.0.0.2', port: 4000, symmetric: true });

/** How many of `count` packets, 20 ms apart, are heard. */
function send(lock: SourceLock, address: string, port: number, count: number, fromMs = 0): number {
  let heard = 0;
  for (let index = 0; index < count; index++)
    if (lock.check(address, port, fromMs + index * 20) === undefined) heard++;
  return heard;
}

describe('a strict source', () => {
  it('is heard from the address the SDP names, and no one else is, before, between and after', () => {
    const lock = strict();
    expect(send(lock, '192.0.2.66', 4000, 50)).toBe(0);
    expect(send(lock, '192.0.2.7', 4000, 3)).toBe(3);
    expect(lock.check('192.0.2.66', 4000, 60)).toBe('foreign-source');
    expect(send(lock, '192.0.2.7', 4000, 100, 80)).toBe(100);
    expect(send(lock, '192.0.2.66', 4000, 50, 9000)).toBe(0);
  });

  it('may send from another port, which alone is heard once it has proved itself', () => {
    const lock = strict();
    expect(send(lock, '192.0.2.7', 5555, 5)).toBe(5);
    expect(lock.locked).toBe(true);
    expect(send(lock, '192.0.2.7', 4000, 5, 9000)).toBe(0);
    expect(send(lock, '192.0.2.7', 5555, 5, 9100)).toBe(5);
  });

  it('is not kept from proving itself by a neighbour behind the same address', () => {
    const lock = strict();
    let neighbour = 0;
    for (let index = 0; index < 20; index++) {
      neighbour += send(lock, '192.0.2.7', 6666, 1, index * 20);
      expect(send(lock, '192.0.2.7', 4000, 1, index * 20 + 1)).toBe(1);
    }
    expect(neighbour).toBe(1);
    expect(lock.locked).toBe(true);
  });

  it('is sent to where the SDP says, wherever it sends from', () => {
    const lock = strict();
    send(lock, '192.0.2.7', 5555, 50);
    expect(lock).toMatchObject({ destinationAddress: '192.0.2.7', destinationPort: 4000 });
  });

  it('is known by its IPv4 address on a dual-stack socket, and by IPv6 however the SDP writes it', () => {
    expect(send(strict(), '::ffff:192.0.2.7', 4000, 5)).toBe(5);
    expect(send(strict('::ffff:192.0.2.7'), '192.0.2.7', 4000, 5)).toBe(5);
    expect(send(strict('2001:DB8:0:0:0:0:0:1'), '2001:db8::1', 4000, 5)).toBe(5);
  });

  it('is another after a new offer names another', () => {
    const lock = strict();
    send(lock, '192.0.2.7', 4000, 50);
    lock.renegotiate('192.0.2.8', 4002);
    expect(lock).toMatchObject({ locked: false, destinationAddress: '192.0.2.8', destinationPort: 4002 });
    expect(send(lock, '192.0.2.7', 4000, 5, 2000)).toBe(0);
    expect(send(lock, '192.0.2.8', 4002, 5, 2100)).toBe(5);
  });

  it('stays locked when a session refresh names the same', () => {
    const lock = strict();
    send(lock, '192.0.2.7', 5555, 50);
    lock.renegotiate('192.0.2.7', 4000);
    expect(send(lock, '192.0.2.7', 4000, 5, 2000)).toBe(0);
    expect(send(lock, '192.0.2.7', 5555, 5, 2000)).toBe(5);
  });
});

describe('a symmetric source', () => {
  it('is the first that sends RTP, and is sent to once it has proved itself', () => {
    const lock = symmetric();
    expect(send(lock, '203.0.113.9', 31000, 4)).toBe(4);
    expect(lock).toMatchObject({ destinationAddress: '10.0.0.2', destinationPort: 4000 });
    expect(send(lock, '203.0.113.9', 31000, 1, 80)).toBe(1);
    expect(lock).toMatchObject({ destinationAddress: '203.0.113.9', destinationPort: 31000 });
    expect(send(lock, '203.0.113.66', 31000, 50, 9000)).toBe(0);
  });

  it('is not a stray that was there first', () => {
    const lock = symmetric();
    send(lock, '203.0.113.66', 1, 2);
    expect(send(lock, '203.0.113.9', 31000, 50, 40)).toBeGreaterThan(35);
    expect(lock.destinationAddress).toBe('203.0.113.9');
  });

  it('is never sent to for a spray that visits each port once', () => {
    const lock = symmetric();
    for (let port = 10_000; port < 20_000; port++) lock.check('203.0.113.66', port, port);
    expect(lock).toMatchObject({ locked: false, destinationAddress: '10.0.0.2' });
  });

  it('is not one that claims port 0, which nothing can be sent to', () => {
    const lock = symmetric();
    expect(send(lock, '203.0.113.66', 0, 50)).toBe(0);
    expect(lock).toMatchObject({ locked: false, destinationPort: 4000 });
  });

  it('is the one the SDP names, when that one sends too', () => {
    const lock = symmetric();
    send(lock, '203.0.113.66', 1, 4);
    expect(send(lock, '10.0.0.2', 4000, 5, 80)).toBe(5);
    expect(lock).toMatchObject({ locked: true, destinationAddress: '10.0.0.2' });
    expect(send(lock, '203.0.113.66', 1, 5, 5000)).toBe(0);
  });

  it('is the one the SDP names, though another was faster and is locked: five in a row win it back', () => {
    const lock = symmetric();
    expect(send(lock, '203.0.113.66', 31000, 50)).toBe(50);
    expect(lock).toMatchObject({ locked: true, destinationAddress: '203.0.113.66' });
    expect(send(lock, '10.0.0.2', 4000, 50, 1000)).toBe(46);
    expect(lock).toMatchObject({ locked: true, destinationAddress: '10.0.0.2', destinationPort: 4000 });
    expect(send(lock, '203.0.113.66', 31000, 50, 9000)).toBe(0);
  });

  it('is not taken from a phone behind NAT by strays from the private address that its SDP names', () => {
    const lock = symmetric();
    send(lock, '203.0.113.9', 31000, 5);
    for (let atMs = 1000; atMs < 60_000; atMs += 500) {
      expect(lock.check('10.0.0.2', 4000, atMs)).toBe('foreign-source');
      expect(lock.check('203.0.113.9', 31000, atMs)).toBeUndefined();
    }
  });
});
