/** An agent behind a WebSocket: Patchbay dials it for each call, and it may speak whenever it likes. */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { resolve } from 'node:path';
import { type WebSocket, WebSocketServer } from 'ws';

// Read and encode once, not for each call.
const sound = process.env['SOUND'] ?? resolve(import.meta.dirname, '../../config/sounds/office.wav');
const ambience = readFileSync(sound).toString('base64');
const token = process.env['API_TOKEN'];

interface AiFlowEvent {
  readonly type: string;
  readonly session: { readonly id: string };
  readonly text?: string;
  readonly digit?: string;
}

const server = createServer((_request, response) => response.writeHead(426).end('Upgrade Required'));
const sockets = new WebSocketServer({ noServer: true });

server.on('upgrade', (request, socket, head) => {
  if (token !== undefined && request.headers['x-api-token'] !== token) {
    socket.end('HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\n\r\n');
    return;
  }
  sockets.handleUpgrade(request, socket, head, serve);
});

/** One call, from its first event to its last. */
function serve(socket: WebSocket): void {
  let lookup: NodeJS.Timeout | undefined;
  const act = (...actions: object[]) => socket.send(JSON.stringify(actions));

  socket.on('message', (data) => {
    const event: AiFlowEvent = JSON.parse(String(data));
    const session_id = event.session.id;
    const speak = (text: string) => ({ type: 'speak', session_id, text });
    switch (event.type) {
      case 'session_start':
        act(
          { type: 'mix_audio', session_id, audio: ambience, volume: 0.3 },
          speak('Welcome. Press 1 and I will look something up for you, or 0 to end the call.'),
        );
        return;
      case 'dtmf_received':
        clearTimeout(lookup);
        if (event.digit === '0') {
          act({ type: 'barge_in', session_id }, speak('Goodbye!'), { type: 'hangup', session_id });
          return;
        }
        act({ type: 'barge_in', session_id }, speak('One moment, please.'));
        // The answer to something slow is sent when it is there: no event need ask for it.
        lookup = setTimeout(() => act(speak('Here it is: your parcel comes tomorrow.')), LOOKUP_MS);
        return;
      case 'user_speak':
        act(speak(`You said: ${event.text}`));
        return;
    }
  });
  socket.on('close', () => clearTimeout(lookup));
  socket.on('error', (error) => process.stderr.write(`${error.message}\n`));
}

const LOOKUP_MS = 3000;

server.listen(Number(process.env['PORT'] ?? 3000), '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo;
  process.stdout.write(`the agent listens at ws://127.0.0.1:${port}/\n`);
});
