"""The commented configuration that `linewatch init` writes, and the writing of it."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Literal
from unicodedata import east_asian_width

from linewatch.config.settings import DEFAULT_STORE, store_url
from linewatch.config.values import Unfit, shown_text
from linewatch.errors import UsageError

# One text for both languages: what follows "#|" is the comment in Chinese and, after the next "|", in English.
# A line that begins with "#" and no blank is a key that is not needed: without the "#" it is a valid one.
_TEXT = """\
#| linewatch 的配置。修改后用 linewatch check 检查。 | The configuration of linewatch; `linewatch check` tries it out.
#| 行首带 # 的键可以不写；去掉 # 即生效。 | A key behind a # may be left out; remove the # to use it.

timezone = "Asia/Shanghai" #| 合同所用时区，决定日、月、年的起点 | the contract's time zone: where a day, a month and a year begin
language = "@language@" #| 报告和页面的语言：zh 或 en | the language of reports and pages: zh or en

[store]
url = @store@ #| 记录的数据库；相对路径以本文件所在文件夹为准 | the record's database; a relative path starts at this file's folder
#| PostgreSQL：postgresql://用户:口令@主机/数据库 | PostgreSQL: postgresql://user:password@host/database
#| （中间有 PgBouncer 时须 pool_mode = session）。 | (with pool_mode = session where a PgBouncer is in between).
keep_samples = "400d" #| 原始样本保留多久；状态历史永不删除 | how long raw samples are kept; the history of states is never pruned
#spool = "linewatch.spool" #| PostgreSQL 连不上时，记录在本机这个文件夹里等待 | the folder where rows wait while PostgreSQL is away

[web]
listen = "127.0.0.1:9823" #| 状态页和 /metrics 的地址 | where the status page and /metrics are served
#| 别的主机也能访问的地址，须写下面两项之一（linewatch web password）。 | One that others reach needs either of these (linewatch web password).
#password_hash = "scrypt$14$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" #| 口令的散列 | of the password
behind_proxy = false #| 页面是否由反向代理保护 | whether a reverse proxy protects the page

#| 被监测的专线；多条专线就写多个 [[line]]。 | The leased line; write one [[line]] for each.
[[line]]
name = "leased-line" #| 名称：字母、数字、- _ .，不可重复 | its name: letters, digits, - _ and ., used once
title = "融媒体中心网络IP专线" #| 报告中的名称；默认与 name 相同 | its name in reports; the same as name by default
gateway = "auto" #| 本单位网关："auto"、地址或 "none"（@zh@） | this office's gateway: "auto", an address or "none" (@en@)
#next_hop = "10.8.0.1" #| 运营商侧第一跳，用于区分故障位置；默认没有 | the ISP's edge, which tells where a fault lies; none by default
#source = "192.168.1.10" #| 多条线路时从哪个地址发出；默认由系统决定 | the address to ask from; the system's choice by default
#| 锚点：线路之外、由不同机构运营的主机， | Anchors: hosts beyond the line, run by different operators;
#| 写地址、主机名、"tcp://主机:端口" 或 "dns://服务器/域名"。 | an address, a host name, "tcp://host:port" or "dns://server/name".
anchors = ["223.5.5.5", "119.29.29.29", "114.114.114.114", "tcp://180.76.76.76:53", "dns://223.6.6.6/www.gov.cn"]
#mtu = 1500 #| 线路应能承载的 IP 包字节数，只通小包判为劣化；默认不查 | bytes of an IP packet that should pass, else degraded; not asked by default
quorum = 1 #| 至少几个锚点应答才算线路通 | how many anchors must answer for the line to carry traffic
interval = "3s" #| 多久探测一轮（200ms 至 1h） | how often to look (200ms to 1h)
timeout = "2s" #| 等待应答的时间（至多 60s） | how long to wait for an answer (at most 60s)
retry_interval = "1s" #| 一轮失败之后多久再探测（不长于 interval） | how soon to look again after a bad round (not longer than interval)
fall = 3 #| 连续几轮失败判为中断 | how many bad rounds in a row make an outage
rise = 2 #| 连续几轮正常判为恢复 | how many good rounds in a row end it
#stale_after = "10s" #| 多久没有新的一轮即为未知；默认三个 interval，至少 10s | without a round for so long: unknown; three intervals by default
degraded_loss = 0.05 #| 丢包率超过它判为劣化 | packet loss above this ratio is degraded
#degraded_rtt = "200ms" #| 往返时延超过它判为劣化；默认不判 | a round-trip time above this is degraded; off by default
set_aside_after = "24h" #| 锚点静默多久后暂不计入 | after how long a silent anchor no longer counts

#| 合同。费用和付款以万元计，按写出的数字精确计算。 | The contract. Cost and payments are in 万元 (10,000 yuan) and exact as written.
#[line.contract]
#provider = "某某电信" #| 运营商 | the carrier
#circuit = "KM-0001" #| 电路编号 | the circuit's number
#start = 2022-01-01 #| 首日（含） | its first day
#end = 2024-12-31 #| 末日（含） | its last day
#cost = 6 #| 每年费用，万元 | the cost of a year, in 万元
#payments = [{ on = 2022-03-15, amount = 6, ref = "凭证号" }] #| 付款：日期、万元、凭证 | what was paid: day, 万元, voucher

[line.sla]
target = 1.0 #| 承诺的可用率，1.0 即 100% | the promised availability; 1.0 is 100 %
min_coverage = 0.99 #| 监测覆盖率低于它时不下“达标”结论 | under this share of measured time a target is not called met
month_availability = 0.9 #| 服务月：当月可用率不低于它 | a served month has at least this availability
month_coverage = 0.9 #| 服务月：当月覆盖率不低于它 | and at least this coverage
service_hours = "24x7" #| 服务时间：全天；或写一个表，如： | the hours that count: all of them; or a table, such as
#| { workdays = "08:30-12:00, 14:00-17:30", holidays = "china" }（法定节假日和调休） | { workdays = "08:30-17:30", holidays = "china" }
#| { mon = "08:00-20:00", overrides = { 2022-10-05 = "closed" } }（按星期） | { mon = "08:00-20:00", overrides = { 2022-10-05 = "closed" } }
degraded = "up" #| 劣化时间算 up 还是 down | whether degraded time counts as up or down
local_faults = "unknown" #| 本单位自身故障算 unknown 还是 down | whether this office's own faults count as unknown or down

#| 线路之后要监测的网站；线路中断的时间不算网站的。 | Sites behind the line; an outage of the line is not charged to them.
@endpoints@
#| 网站的其余各键，写的是默认值或示例。 | Every other key of a site, with its default or an example.
#[[endpoint]]
#name = "portal" #| 名称，与线路也不可重复 | its name, used once among lines and endpoints
#title = "门户网站" #| 报告中的名称 | its name in reports
#url = "https://www.example.com/" #| http://、https://、tcp:// 或 dns:// | http://, https://, tcp:// or dns://
#interval = "60s" #| 多久检查一次 | how often to look
#timeout = "10s" #| 整个检查的时限 | the time limit of the whole check
#retry_interval = "10s" #| 失败之后多久再查 | how soon to look again after a failure
#fall = 3 #| 连续几次失败判为中断 | how many failures in a row make an outage
#rise = 2 #| 连续几次正常判为恢复 | how many successes in a row end it
#stale_after = "180s" #| 多久没有新的检查即为未知；默认三个 interval | without a check for so long: unknown; three intervals by default
#behind = "leased-line" #| 经由哪条线路；默认没有 | the line it lies behind; none by default
#method = "GET" #| 请求方法 | the method of the request
#headers = { Accept = "text/html" } #| 请求头；默认没有 | headers of the request; none by default
#body = "q=1" #| 请求正文；默认没有 | the body of the request; none by default
#auth = { env = "PORTAL_AUTH" } #| "用户:密码"，或从环境变量读取；默认没有 | "user:password", or read from a variable; none by default
#redirects = 5 #| 至多跟随几次跳转，0 为不跟随 | how many redirects are followed; 0: none
#verify_tls = true #| 是否验证证书 | whether the certificate is verified
#ca_file = "ca.pem" #| 自己的根证书（相对本文件）；默认用系统的 | an authority of one's own; the system's by default
#ip = "any" #| "any"、"4" 或 "6" | "any", "4" or "6"
#max_bytes = 1048576 #| 至多读取多少字节 | how many bytes are read at most
#[endpoint.expect]
#status = [200] #| 接受的状态码 | accepted status codes
#body = "欢迎" #| 正文须包含；默认不查 | the body must contain this; not looked at by default
#body_regex = "欢迎|您好" #| 正文须匹配 | the body must match
#not_body_regex = "(?i)error" #| 正文不得匹配 | the body must not match
#header = { Content-Type = "text/html" } #| 响应头须匹配 | the headers of the answer must match
#tls_days = 14 #| 证书剩余天数少于它时提醒 | warn when the certificate ends in fewer days
#max_ms = 3000 #| 慢于这么多毫秒时提醒 | warn when it takes more milliseconds
#[endpoint.sla]
#target = 1.0 #| 与 [line.sla] 的键相同 | the same keys as in [line.sla]

#[[endpoint]]
#name = "mail-port"
#url = "tcp://mail.example.com:25"
#send = "QUIT\\r\\n" #| 连接后发送；默认不发 | what is sent after connecting; nothing by default
#expect = { reply_regex = "^220 " } #| 应答须匹配；默认不查 | what comes back must match; not looked at by default

#[[endpoint]]
#name = "own-domain"
#url = "dns://223.5.5.5/www.example.com"
#record = "A" #| 记录类型 | the type of the record
#expect = { answer = ["203.0.113.7"], rcode = "NOERROR" } #| 应得的记录和应答码 | the expected records and response code

#| 通知：经 Apprise 发往企业微信、钉钉、飞书、邮件等；默认不发。 | Messages through Apprise (WeCom, DingTalk, mail …); none by default.
#[[notify]]
#name = "technician" #| 收件人名称 | the receiver's name
#url = { env = "NOTIFY_URL" } #| Apprise 的 URL，或存放它的环境变量 | Apprise's URL, or the variable that holds it
#events = ["outage", "ended", "degraded", "certificate", "coverage", "summary"] #| 哪些事 | what about
#services = [] #| 哪些服务；空为全部 | about which services; empty: all
#language = "zh" #| 默认与上面的 language 相同 | the language of its messages; the same as above by default
#summary = "none" #| 小结：none、daily 或 monthly | a summary: none, daily or monthly
#summary_at = "08:30" #| 几点发小结 | when the summary is sent
#degraded_after = "15m" #| 劣化多久才通知 | after how long degraded time is worth a message
#quiet = "10m" #| 反复中断时，多久之内不再逐次通知 | for how long a service that fails again is not told of again
#certificate_days = 14 #| 证书到期前几天通知 | how many days before a certificate ends

#| 日历尚未公布（或与公布不同）的年份，自行写明放假和调休上班的日子。 | A year whose holidays the calendar does not know yet, or knows otherwise.
#[[calendar]]
#year = 2028 #| 年份 | the year
#holidays = [2028-01-03] #| 放假的工作日 | days of the week that are off
#workdays = [2028-01-08] #| 上班的周末 | weekend days that are worked

#| 绩效目标表：专线的四行由监测和合同得出， | The 绩效目标表: the four rows of a line are filled in,
#| 其余由本单位填报；按书写顺序打印。 | the others declared; printed in the order in which they stand here.
#[indicators]
#file = "indicators.csv" #| 把各行写在 CSV 文件里（UTF-8 或 GBK），排在以下各行之前 | rows kept in a CSV (UTF-8 or GBK); they stand before those below
#year = 2022 #| 填报的完成值属于哪一年；其他年份的报告一律作未填报 | the year of the values entered; in the report of any other they are not filled in
#budget = 101 #| 项目预算，万元；与成本指标合计核对 | the project's budget in 万元, held against the sum of the cost rows

#| 定量指标。 | A quantitative row.
#[[indicator]]
#name = "微博信息发布条数" #| 三级指标名称 | its name
#level1 = "产出指标" #| 一级指标 | the first level
#level2 = "数量指标" #| 二级指标 | the second level
#kind = "定量" #| 定量或定性 | 定量 is quantitative, 定性 qualitative
#operator = ">=" #| "="、">="、"<=" 或 "qualitative"（定性） | "=", ">=", "<=" or "qualitative"
#target = 15000 #| 指标值 | what was aimed at
#unit = "条" #| 度量单位 | its unit
#definition = "反映推送微博的数量情况" #| 指标解释 | what it means
#weight = 10 #| 分值；全表合计不超过 100 | its points; at most 100 in the whole table
#actual = 15230 #| 实际完成值；不写则打印“未填报” | what was reached; without it 未填报 is printed
#deviation = "" #| 偏差原因分析及改进措施；未达标时必须填写 | why it was missed and what is done about it; demanded where it was
#evidence = "后台统计截图" #| 佐证 | the evidence
#note = "" #| 备注 | a remark

#| 定性指标。 | A qualitative row.
#[[indicator]]
#name = "使用人员满意度"
#target = "较满意" #| 以文字表述的目标 | a target in words
#actual = "满意" #| 完成情况；不写则打印达成程度 | what came of it; the level is printed without it
#share = 92 #| 完成比例（%），按它计分 | how far it was achieved, in percent; the score follows from it
#achieved = "达成预期指标" #| 或：部分达成（60 以上，不足 80）、未达成 | or 部分达成 (from 60, under 80) or 未达成
#source = "survey" #| 来源：survey（问卷）或 declared（填报） | where it comes from: "survey" or "declared"

#| 由监测得出的一行：只写分值等，完成值由 linewatch 填写。 | A row that is filled in: give its points and words, linewatch fills in the value.
#[[indicator]]
#name = "网络专线畅通率" #| 这样的标准名称无须写 measure | one of the standard names needs no measure
#measure = "availability" #| "service_months"、"availability"、"term" 或 "cost" | "service_months", "availability", "term" or "cost"
#line = "leased-line" #| 哪条专线；只有一条时可不写 | of which line; not needed where there is one
"""

_ENDPOINTS = (
    ("douyin", "抖音", "https://www.douyin.com/"),
    ("kuaishou", "快手", "https://www.kuaishou.com/"),
    ("weibo", "微博", "https://weibo.com/"),
    ("toutiao", "今日头条", "https://www.toutiao.com/"),
    ("xuexi", "学习强国", "https://www.xuexi.cn/"),
    ("kunming", "昆明信息港", "https://www.kunming.cn/"),
)
_COMMENT_COLUMN = 35


def template(gateway: str | None, language: Literal["zh", "en"] = "zh", store: str | None = None) -> str:
    """A configuration that loads as it stands, commented in `language`; `gateway` is the address found on this host, None where there is none.

    Raises UsageError where `store` is no URL of a store.
    """
    try:
        url = DEFAULT_STORE if store is None else store_url(store)
    except Unfit as problem:
        raise UsageError(f"--store {problem}") from None
    seen = shown_text(gateway) if gateway else None
    filled = (
        _TEXT.replace("@zh@", f"现为 {seen}" if seen else "现在没有找到")
        .replace("@en@", f"now {seen}" if seen else "none found now")
        .replace("@language@", language)
        .replace("@store@", json.dumps(url, ensure_ascii=False))
        .replace("@endpoints@", "\n".join(_endpoint(*endpoint) for endpoint in _ENDPOINTS))
    )
    return "".join(f"{_line(line, language)}\n" for line in filled.splitlines())


def _endpoint(name: str, title: str, url: str) -> str:
    return f'[[endpoint]]\nname = "{name}"\ntitle = "{title}"\nurl = "{url}"\nbehind = "leased-line"\n'


def _line(line: str, language: str) -> str:
    code, separator, comments = line.partition("#|")
    if not separator:
        return line
    chinese, english = comments.split(" | ")
    comment = f"# {(chinese if language == 'zh' else english).strip()}"
    return f"{code.rstrip()}{' ' * max(_COMMENT_COLUMN - _columns(code.rstrip()), 1)}{comment}" if code else comment


def _columns(text: str) -> int:
    return sum(2 if east_asian_width(character) in "WF" else 1 for character in text)


def write_new(path: Path, text: str) -> None:
    """Write `text` to a file that must not exist yet, whole or not at all, readable by its owner and group (it may come to hold passwords).

    Raises UsageError where the file is there already or cannot be written; folders are not made.
    """
    file = shown_text(str(path), longest=4096)
    try:
        handle, temporary = tempfile.mkstemp(prefix=".linewatch-", dir=path.parent)
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as stream:
                stream.write(text)
                stream.flush()
                os.fchmod(handle, 0o640)
                os.fsync(handle)
            os.link(temporary, path)  # unlike a rename it does not replace what came in between
        finally:
            Path(temporary).unlink()
    except FileExistsError:
        raise UsageError(f"{file} exists already and is left as it is; move it away, or name another file with --config") from None
    except FileNotFoundError:
        raise UsageError(f"{file} cannot be written: its folder does not exist") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise UsageError(f"{file} cannot be written: {reason}") from None
