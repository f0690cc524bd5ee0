/** For `calls.ts`: one process in which everything that a caller says comes back, in each vendor's own form. */
import type { IncomingMessage } from 'node:http';
import { type WebSocket, WebSocketServer } from 'ws';

const server = new WebSocketServer({
  host: '127.0.0.1',
  port: Number(process.argv[2]),
  perMessageDeflate: false,
});

server.on('connection', (socket: WebSocket, { url = '' }: IncomingMessage) => {
  socket.on('error', () => socket.terminate());
  if (url.startsWith('/twilio')) echoTwilio(socket);
  else if (url.startsWith('/v1/agent')) echoDeepgram(socket);
  else echoElevenLabs(socket);
});

function echoTwilio(socket: WebSocket): void {
  socket.on('message', (data: Buffer) => {
    const { event, streamSid, media } = JSON.parse(data.toString());
    if (event !== 'media') return;
    socket.send(`{"event":"media","streamSid":"${streamSid}","media":{"payload":"${media.payload}"}}`);
  });
}

function echoDeepgram(socket: WebSocket): void {
  socket.send('{"type":"Welcome","request_id":"x"}');
  socket.on('message', (data: Buffer, isBinary: boolean) => {
    if (isBinary) socket.send(data);
    else socket.send('{"type":"SettingsApplied"}');
  });
}

function echoElevenLabs(socket: WebSocket): void {
  let id = 0;
  socket.on('message', (data: Buffer) => {
    const { type, user_audio_chunk: audio } = JSON.parse(data.toString());
    if (type === 'conversation_initiation_client_data') socket.send(METADATA);
    else if (audio !== undefined)
      socket.send(`{"type":"audio","audio_event":{"audio_base_64":"${audio}","event_id":${++id}}}`);
  });
}

const METADATA = JSON.stringify({
  type: 'conversation_initiation_metadata',
  conversation_initiation_metadata_event: {
    conversation_id: 'x',
    agent_output_audio_format: 'ulaw_8000',
    user_input_audio_format: 'ulaw_8000',
  },
});
