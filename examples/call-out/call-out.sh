#!/bin/sh
# Calls somebody for a flow, waits for the answer, and then says something into the call, beside what its agent says.
#
#   TOKEN=... ./call-out.sh support 4930123456 "Your taxi is here."
#
# Needs curl. PATCHBAY_API is where the HTTP API answers; TOKEN is one of api.tokens.
set -eu
[ $# -eq 3 ] || { sed -n '2,6p' "$0" >&2; exit 2; }
: "${TOKEN:?}" "${PATCHBAY_API:=http://127.0.0.1:8081}"

post() { # path, body: prints the answer's body, and its status on a line of its own
  curl --silent --show-error --max-time 20 --write-out '\n%{http_code}\n' \
    --header "Authorization: Bearer $TOKEN" --header 'Content-Type: application/json' \
    --data "$2" "$PATCHBAY_API$1"
}

answer=$(post "/v3/ai-flows/$1/call" "{\"toPhoneNumber\":\"$2\"}")
session=$(printf '%s\n' "$answer" | sed -n 's/.*"sessionId":"\([^"]*\)".*/\1/p')
[ -n "$session" ] || { printf 'not called: %s\n' "$answer" >&2; exit 1; }
echo "calling, session $session"

# Until it is answered there is no session, and for one that is never answered there is none at all.
text=$(printf '%s' "$3" | sed 's/\\/\\\\/g; s/"/\\"/g')
for _ in $(seq 60); do
  answer=$(post "/v3/ai-flows/sessions/$session/actions" "{\"type\":\"speak\",\"text\":\"$text\"}")
  case "$answer" in
    *202) echo "answered: $answer"; exit 0 ;;
    *404) sleep 1 ;;
    *) printf 'not said: %s\n' "$answer" >&2; exit 1 ;;
  esac
done
echo 'nobody answered' >&2
exit 1
