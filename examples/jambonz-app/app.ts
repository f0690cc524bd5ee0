/** An app for jambonz on its own SDK, as it runs there: an office behind the voice, a menu of keys, a call to somebody. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createEndpoint } from '@jambonz/sdk/websocket';

const server = createServer();
const makeService = createEndpoint({ server });
const ambience = process.env['AMBIENCE_URL'];
const operator = process.env['OPERATOR'] ?? '100';

makeService({ path: '/menu' }).on('session:new', (session) => {
  session.on('/choice', ({ reason, digits }: { reason?: string; digits?: string }) => {
    if (digits === '1')
      session.say({ text: 'You hear an office that does not exist.' }).redirect({ actionHook: '/again' });
    else if (digits === '2')
      session
        .dial({ target: [{ type: 'phone', number: operator }], answerOnBridge: true, timeout: 20 })
        .say({ text: 'Nobody is there.' })
        .redirect({ actionHook: '/again' });
    else session.say({ text: reason === 'timeout' ? 'Nobody chose. Goodbye.' : 'Goodbye.' }).hangup();
    session.reply();
  });
  session.on('/again', () => {
    menu().reply();
  });

  const menu = () =>
    session.gather({
      input: ['digits'],
      numDigits: 1,
      timeout: 10,
      actionHook: '/choice',
      say: { text: 'Press 1 to hear where I am, 2 for somebody else, or any other key to end the call.' },
    });

  if (ambience !== undefined)
    session.dub({ action: 'addTrack', track: 'office', play: ambience, loop: true, gain: '-12 dB' });
  menu().send();
});

server.listen(Number(process.env['PORT'] ?? 3000), '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo;
  process.stdout.write(`listens at ws://127.0.0.1:${port}/menu\n`);
});
