// A bot behind a Twilio media stream: says back what it hears, three seconds later. It runs behind Twilio as it is.
import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import { WebSocketServer } from 'ws';

const port = Number(process.env.PORT ?? 3000);
const url = process.env.PUBLIC_URL ?? `ws://127.0.0.1:${port}/media`;
const token = process.env.TWILIO_AUTH_TOKEN;
const signature = token === undefined ? undefined : createHmac('sha1', token).update(url).digest('base64');

const server = createServer((_request, response) => response.writeHead(426).end('Upgrade Required'));
const sockets = new WebSocketServer({ noServer: true });

server.on('upgrade', (request, socket, head) => {
  if (signature === undefined || request.headers['x-twilio-signature'] === signature)
    sockets.handleUpgrade(request, socket, head, serve);
  else socket.end('HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n');
});

/** One call. */
function serve(socket) {
  let streamSid;
  let heard = [];
  const send = (event, body) => socket.send(JSON.stringify({ event, streamSid, ...body }));
  socket.on('error', (error) => process.stderr.write(`${error.message}\n`));
  socket.on('message', (data) => {
    const message = JSON.parse(String(data));
    if (message.event === 'start') {
      streamSid = message.streamSid;
      process.stdout.write(`${message.start.callSid} from ${message.start.customParameters.from}\n`);
    } else if (message.event === 'media') {
      heard.push(Buffer.from(message.media.payload, 'base64'));
      if (heard.length < THREE_SECONDS) return;
      send('media', { media: { payload: Buffer.concat(heard).toString('base64') } });
      heard = [];
    } else if (message.event === 'dtmf' && message.dtmf.digit === '#') {
      send('clear'); // Forgets what is not said yet.
      send('media', { media: { payload: Buffer.alloc(1600, 0xff).toString('base64') } });
      send('mark', { mark: { name: 'goodbye' } });
    } else if (message.event === 'mark' && message.mark.name === 'goodbye') {
      socket.close(); // All that came before the mark was heard: the call may end.
    }
  });
}

const THREE_SECONDS = 150;

server.listen(port, '127.0.0.1', () => process.stdout.write(`the agent listens at ${url}\n`));
