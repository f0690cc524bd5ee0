"""A webhook with Flask: a cafe behind the agent's voice, and a goodbye that is heard to its end."""

import base64
import os
from pathlib import Path

from flask import Flask, jsonify, request

DEFAULT_SOUND = Path(__file__).resolve().parents[2] / "config" / "sounds" / "cafe.wav"

# Read and encode once, not for each call.
AMBIENCE = base64.b64encode(Path(os.environ.get("SOUND", DEFAULT_SOUND)).read_bytes()).decode("ascii")
TOKEN = os.environ.get("API_TOKEN")

app = Flask(__name__)


@app.post("/webhook")
def webhook():
    if TOKEN is not None and request.headers.get("X-API-TOKEN") != TOKEN:
        return jsonify(error="wrong or missing X-API-TOKEN"), 401
    actions = answer(request.get_json())
    # 204: nothing to do, the call goes on.
    return ("", 204) if actions is None else jsonify(actions)


def answer(event):
    session_id = event["session"]["id"]
    if event["type"] == "session_start":
        return [
            {"type": "mix_audio", "session_id": session_id, "audio": AMBIENCE, "volume": 0.3},
            {
                "type": "speak",
                "session_id": session_id,
                "text": "Welcome, how can I help you? Press 0 to end the call.",
            },
        ]
    if event["type"] == "dtmf_received":
        if event["digit"] == "0":
            return goodbye(session_id)
        return [
            {"type": "barge_in", "session_id": session_id},
            {"type": "speak", "session_id": session_id, "text": f"You pressed {event['digit']}."},
        ]
    if event["type"] == "user_speak":
        if "goodbye" in event["text"].lower():
            return goodbye(session_id)
        return {"type": "speak", "session_id": session_id, "text": f"You said: {event['text']}"}
    return None


def goodbye(session_id):
    return [
        {"type": "mix_audio", "session_id": session_id, "stop": True},
        {"type": "speak", "session_id": session_id, "text": "Goodbye!"},
        {"type": "hangup", "session_id": session_id},
    ]


if __name__ == "__main__":
    port = int(os.environ.get("PORT", "3000"))
    print(f"the agent listens at http://127.0.0.1:{port}/webhook", flush=True)
    app.run(host="127.0.0.1", port=port)
