// The smallest agent: a webhook in plain Node.js, with a cafe behind its voice.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';

// Read and encode once, not for each call.
const sound = process.env.SOUND ?? new URL('../../config/sounds/cafe.wav', import.meta.url);
const ambience = readFileSync(sound).toString('base64');
const token = process.env.API_TOKEN;

function answer(event) {
  const session_id = event.session.id;
  switch (event.type) {
    case 'session_start':
      return [
        { type: 'mix_audio', session_id, audio: ambience, volume: 0.3 },
        { type: 'speak', session_id, text: 'Welcome, how can I help you? Press 0 to end the call.' },
      ];
    case 'dtmf_received':
      if (event.digit === '0') return goodbye(session_id);
      return [
        { type: 'barge_in', session_id },
        { type: 'speak', session_id, text: `You pressed ${event.digit}.` },
      ];
    case 'user_speak':
      if (/goodbye/i.test(event.text)) return goodbye(session_id);
      return { type: 'speak', session_id, text: `You said: ${event.text}` };
    default:
      return undefined;
  }
}

function goodbye(session_id) {
  return [
    { type: 'mix_audio', session_id, stop: true },
    { type: 'speak', session_id, text: 'Goodbye!' },
    { type: 'hangup', session_id },
  ];
}

const server = createServer(async (request, response) => {
  if (token !== undefined && request.headers['x-api-token'] !== token) {
    response.writeHead(401).end();
    return;
  }
  try {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const actions = answer(JSON.parse(Buffer.concat(chunks).toString()));
    if (actions === undefined) response.writeHead(204).end();
    else response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(actions));
  } catch (error) {
    response.writeHead(400, { 'content-type': 'text/plain' }).end(String(error));
  }
});

server.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', () => {
  process.stdout.write(`the agent listens at http://127.0.0.1:${server.address().port}/webhook\n`);
});
