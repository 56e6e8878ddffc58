import argparse
import signal
import sys

from q2c.demo.stripe_standin.server import serve


def main() -> None:
    parser = argparse.ArgumentParser(prog="stripe_standin")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--webhook-url", default="")
    parser.add_argument("--webhook-secret", default="whsec_standin")
    parser.add_argument("--data", default="", help="keep the state in this file")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    server = serve(options.port, options.webhook_url, options.webhook_secret, options.data)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass
    finally:
        server.server_close()


if __name__ == "__main__":
    main()
