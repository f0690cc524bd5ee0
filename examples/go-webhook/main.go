// A webhook with Go's standard library: a cafe behind the agent's voice, and a goodbye that is heard to its end.
package main

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"strings"
)

type event struct {
	Type    string `json:"type"`
	Text    string `json:"text"`
	Digit   string `json:"digit"`
	Session struct {
		ID string `json:"id"`
	} `json:"session"`
}

type action map[string]any

func main() {
	// Read and encode once, not for each call.
	wav, err := os.ReadFile(setting("SOUND", "../../config/sounds/cafe.wav"))
	if err != nil {
		log.Fatal(err)
	}
	ambience := base64.StdEncoding.EncodeToString(wav)
	token, needsToken := os.LookupEnv("API_TOKEN")

	http.HandleFunc("/webhook", func(w http.ResponseWriter, r *http.Request) {
		if needsToken && r.Header.Get("X-API-TOKEN") != token {
			http.Error(w, "wrong or missing X-API-TOKEN", http.StatusUnauthorized)
			return
		}
		var e event
		if err := json.NewDecoder(r.Body).Decode(&e); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		actions := answer(e, ambience)
		if actions == nil {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		if err := json.NewEncoder(w).Encode(actions); err != nil {
			log.Print(err)
		}
	})

	listener, err := net.Listen("tcp", "127.0.0.1:"+setting("PORT", "3000"))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("the agent listens at http://%s/webhook\n", listener.Addr())
	log.Fatal(http.Serve(listener, nil))
}

func answer(e event, ambience string) []action {
	id := e.Session.ID
	switch e.Type {
	case "session_start":
		return []action{
			{"type": "mix_audio", "session_id": id, "audio": ambience, "volume": 0.3},
			{"type": "speak", "session_id": id, "text": "Welcome, how can I help you? Press 0 to end the call."},
		}
	case "dtmf_received":
		if e.Digit == "0" {
			return goodbye(id)
		}
		return []action{
			{"type": "barge_in", "session_id": id},
			{"type": "speak", "session_id": id, "text": "You pressed " + e.Digit + "."},
		}
	case "user_speak":
		if strings.Contains(strings.ToLower(e.Text), "goodbye") {
			return goodbye(id)
		}
		return []action{{"type": "speak", "session_id": id, "text": "You said: " + e.Text}}
	default:
		return nil
	}
}

func goodbye(id string) []action {
	return []action{
		{"type": "mix_audio", "session_id": id, "stop": true},
		{"type": "speak", "session_id": id, "text": "Goodbye!"},
		{"type": "hangup", "session_id": id},
	}
}

func setting(name, otherwise string) string {
	if value, ok := os.LookupEnv(name); ok {
		return value
	}
	return otherwise
}
