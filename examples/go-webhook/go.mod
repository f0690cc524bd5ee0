module example.com/go-webhook

go 1.18
