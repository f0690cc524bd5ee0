import { createSocket } from 'node:dgram';
import { once } from 'node:events';

/**
 * The address of this machine that its routes give to datagrams for a peer; nothing is sent to find it out. Rejects
 * with the system's error where there is no route.
 */
export async function outgoingAddress(remoteAddress: string, remotePort: number): Promise<string> {
  const socket = createSocket(remoteAddress.includes(':') ? 'udp6' : 'udp4');
  try {
    const connected = once(socket, 'connect');
    socket.connect(remotePort, remoteAddress);
    await connected;
    return socket.address().address;
  } finally {
    socket.close();
  }
}
