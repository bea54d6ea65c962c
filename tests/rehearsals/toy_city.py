"""A city of two pages and one officer, with which the drivers and the player are tried without a platform."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from email import message_from_bytes
from email.policy import HTTP
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from yiwang.packs.rehearsals.player import NotSettled

PAGE = """<!doctype html><html lang="zh-Hans"><head><title>{title}</title><link rel="icon" href="data:,"></head><body>
<nav><a href="/">首页</a> <a href="/my/">我的办件</a></nav><main><h1>{title}</h1>{body}</main></body></html>"""

SIGN_IN = """<form method="post"><label for="l">账号</label><input id="l" name="login" autocomplete="username">
<label for="p">密码</label><input id="p" type="password" name="password"><button>登录</button></form>"""

FORM = """<form method="post" action="/send/"><input type="hidden" name="key" value="{key}">
<label for="d">居住起始日期 <span>*</span></label><input id="d" name="since" value="{since}" {described}>{fault}
<fieldset><legend>居住地址</legend>
 <label for="s">社区</label><select id="s" name="place"><option value="">请选择</option>
 <option value="1">滨海社区</option>
 <option value="2">海秀社区</option></select>
 <label for="o">门牌</label><input id="o" name="door"></fieldset>
<fieldset><legend>居住方式</legend><label><input type="radio" name="way" value="a">自有</label>
 <label><input type="radio" name="way" value="b">租住</label></fieldset>
<label for="n">备注</label><textarea id="n" name="note">
</textarea><label><input type="checkbox" name="true" value="yes">以上属实</label>
<button name="act" value="save">保存</button><button name="act" value="send">提交</button></form>"""


class ToyCity:
    """The state of the toy city, and what the player asks of a city."""

    def __init__(self) -> None:
        self.cases: list[dict[str, str]] = []
        self.sent: list[dict[str, str]] = []
        self.stuck = ""
        self.moved: list[datetime] = []
        self.samples: dict[str, list[dict[str, str]]] = {}
        self.root = ""

    def settle(self) -> None:
        if self.stuck:
            raise NotSettled(self.stuck)

    def move_time(self, to: datetime) -> None:
        self.moved.append(to)

    def load_sample(self, name: str, rows: list[dict[str, str]]) -> None:
        self.samples[name] = rows

    def audit_faults(self) -> list[str]:
        return []

    def work_left(self) -> list[str]:
        return []

    # ── pages ──

    def answer(self, method: str, path: str, who: str, given: dict[str, str]) -> tuple[int, str, dict[str, str]]:
        page = getattr(self, f"_{method}{path.replace('/', '_').replace('-', '_').replace('.', '_')}", None)
        if page is None:
            return 404, PAGE.format(title="没有找到", body='<p data-problem="not-found">没有这个页面</p>'), {}
        found = page(who, given)
        return found if isinstance(found, tuple) else (200, found, {})

    def _GET_(self, who: str, given: dict[str, str]) -> Any:
        found = (
            '<ul><li>居住地址声明 <a href="/item/">居住地址声明</a></li></ul>' if "地址" in given.get("q", "") else ""
        )
        field = '<label for="q">搜索</label><input id="q" name="q">'
        search = f'<form role="search" action="/">{field}<button>搜索</button></form>'
        return PAGE.format(title="办事大厅", body=search + found)

    _GET_desk_ = _GET_

    def _GET_sign_in_(self, who: str, given: dict[str, str]) -> Any:
        return PAGE.format(title="登录", body=SIGN_IN)

    _GET_desk_sign_in_ = _GET_sign_in_

    def _POST_sign_in_(self, who: str, given: dict[str, str]) -> Any:
        if given["password"] != "right":
            return (
                422,
                PAGE.format(title="登录", body='<p role="alert" data-problem="invalid">账号或密码不对</p>' + SIGN_IN),
                {},
            )
        return 303, "", {"Location": "/", "Set-Cookie": f"who={given['login']}; Path=/"}

    def _POST_desk_sign_in_(self, who: str, given: dict[str, str]) -> Any:
        posts = '<button name="post" value="1">海秀岗</button><button>滨海岗</button>'
        posts = f'<form method="post" action="/desk/post/">{posts}</form>'
        return 200, PAGE.format(title="选择岗位", body=posts), {"Set-Cookie": f"who={given['login']}; Path=/"}

    def _POST_desk_post_(self, who: str, given: dict[str, str]) -> Any:
        return 303, "", {"Location": "/desk/tasks/"}

    def _GET_item_(self, who: str, given: dict[str, str]) -> Any:
        if not who:
            return 303, "", {"Location": "/sign-in/"}
        return PAGE.format(title="居住地址声明", body=self._form(""))

    def _form(self, fault: str) -> str:
        described = 'aria-describedby="f"' if fault else ""
        shown = f'<p id="f">{fault}</p>' if fault else ""
        return FORM.format(key=len(self.cases), since="", described=described, fault=shown)

    def _POST_send_(self, who: str, given: dict[str, str]) -> Any:
        self.sent.append(given)
        if not given.get("since"):
            return 422, PAGE.format(title="居住地址声明", body=self._form("请填写日期")), {}
        if all(case["key"] != given["key"] for case in self.cases):
            self.cases.append(given | {"who": who, "number": f"460199-{len(self.cases) + 1}", "state": "办理中"})
        return 303, "", {"Location": "/receipt/"}

    def _GET_plan_(self, who: str, given: dict[str, str]) -> Any:
        field = (
            '<label for="p">平面图</label><input id="p" type="file" name="plan"><label>备注<input name="note"></label>'
        )
        form = f'<form method="post" action="/plan/" enctype="multipart/form-data">{field}<button>上传</button></form>'
        return PAGE.format(title="上传", body=form)

    def _POST_plan_(self, who: str, given: dict[str, str]) -> Any:
        return PAGE.format(title="已上传", body=f"<p>{given.get('plan', '没有文件')}，备注：{given['note']}</p>")

    def _GET_receipt_(self, who: str, given: dict[str, str]) -> Any:
        return PAGE.format(
            title="已收到", body=f"<dl><dt>办件编号</dt><dd><span>{self.cases[-1]['number']}</span></dd></dl>"
        )

    def _GET_my_(self, who: str, given: dict[str, str]) -> Any:
        rows = "".join(f"<tr><th>{one['number']}</th><td>{one['state']}</td></tr>" for one in self.cases)
        return PAGE.format(title="我的办件", body=f"<table>{rows}</table><p>共有：{len(self.cases)} 件</p>")

    def _GET_desk_tasks_(self, who: str, given: dict[str, str]) -> Any:
        rows = "".join(
            f'<tr><td>{one["number"]}</td><td><form method="post" action="/desk/accept/"><input type="hidden" name="n" '
            f'value="{one["number"]}"><label>理由<input name="why"></label><button>受理</button></form></td></tr>'
            for one in self.cases
        )
        return PAGE.format(title="待办", body=f"<table>{rows}</table>")

    def _POST_desk_accept_(self, who: str, given: dict[str, str]) -> Any:
        case = next(one for one in self.cases if one["number"] == given["n"])
        if case["state"] != "办理中":
            return 409, PAGE.format(title="已有人办理", body='<p data-problem="already-decided">已经受理</p>'), {}
        case["state"] = "已办结"
        return 303, "", {"Location": "/desk/tasks/"}

    def _GET_api_v1_openapi_json(self, who: str, given: dict[str, str]) -> Any:
        parameters = [{"name": "number", "in": "query"}]
        operation = {"operationId": "find_case", "parameters": parameters}
        return 200, json.dumps({"paths": {"/api/v1/case": {"get": operation}}}), {}

    def _GET_api_v1_case(self, who: str, given: dict[str, str]) -> Any:
        for one in self.cases:
            if one["number"] == given["number"]:
                return 200, json.dumps({"case": {"state": one["state"], "tags": ["a", True]}}), {}
        return 404, json.dumps({"type": "/docs/problems/not-found", "status": 404, "detail": "没有这个办件"}), {}


def _pairs(text: str) -> dict[str, str]:
    return {name: values[-1] for name, values in parse_qs(text, keep_blank_values=True).items()}


def _parts(kind: str, body: bytes) -> dict[str, str]:
    """The fields of a form; a file as its name, its type and its first bytes."""
    message = message_from_bytes(f"Content-Type: {kind}\r\n\r\n".encode() + body, policy=HTTP)
    found = {}
    for part in message.iter_parts():
        name = str(part.get_param("name", header="content-disposition"))
        content = part.get_payload(decode=True)
        assert isinstance(content, bytes)
        file = part.get_filename()
        found[name] = f"{file} {part.get_content_type()} {content[:4]!r}" if file else content.decode()
    return found


@contextmanager
def running() -> Iterator[ToyCity]:
    """The toy city behind a real port."""
    city = ToyCity()

    class Handler(BaseHTTPRequestHandler):
        def _handle(self) -> None:
            parts = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            kind = self.headers.get("Content-Type", "")
            given = _parts(kind, body) if kind.startswith("multipart/") else _pairs(parts.query + "&" + body.decode())
            cookies = SimpleCookie(self.headers.get("Cookie", ""))
            who = cookies["who"].value if "who" in cookies else ""
            status, text, headers = city.answer(self.command, parts.path, who, given)
            content = text.encode()
            self.send_response(status)
            for name, value in {
                "Content-Type": "text/html; charset=utf-8",
                "Content-Length": str(len(content)),
                **headers,
            }.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = _handle

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    city.root = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield city
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
