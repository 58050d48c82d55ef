"""The requests of mail programs and browsers that unsubscribe an address."""

import httpx

from bot.model import Destination, Transport
from bot.unsubscribe.links import Tokens

ADDRESS = "recruiter@example.com"
TO = Destination(Transport.EMAIL, ADDRESS)
TOKEN = Tokens([b"whsec_current"]).sign(ADDRESS)
PATH = f"/unsubscribe/{TOKEN}"
ONE_CLICK = b"List-Unsubscribe=One-Click"
FORM = {"content-type": "application/x-www-form-urlencoded"}
MULTIPART = {"content-type": "multipart/form-data; boundary=x"}
MULTIPART_BODY = (
    b'--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--\r\n'
)


async def press(client: httpx.AsyncClient, path: str = PATH) -> httpx.Response:
    return await client.post(path, content=ONE_CLICK, headers=FORM)
