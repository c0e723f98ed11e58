"""The words of reports and of the terminal, in Chinese and in English."""

from __future__ import annotations

from typing import Literal

Language = Literal["zh", "en"]

_WORDS: dict[str, tuple[str, str]] = {
    # states, readings and results
    "up": ("正常", "up"),
    "degraded": ("劣化", "degraded"),
    "down": ("中断", "down"),
    "unknown": ("未知", "unknown"),
    "good": ("正常", "good"),
    "bad": ("异常", "bad"),
    "unmeasured": ("未测得", "unmeasured"),
    "met": ("达标", "met"),
    "not_met": ("未达标", "not met"),
    "unproven": ("未证明", "unproven"),
    "served": ("已服务", "served"),
    "not_served": ("未服务", "not served"),
    "future": ("未到", "future"),
    "outside_contract": ("合同期外", "outside contract"),
    # causes
    "line": ("专线", "line"),
    "upstream": ("运营商上游", "upstream"),
    "partial": ("部分可达", "partial"),
    "loss": ("丢包", "loss"),
    "latency": ("时延", "latency"),
    "local": ("本单位网络", "local"),
    "monitor": ("未监测", "monitor"),
    "clock": ("时钟跳变", "clock"),
    "timeout": ("超时", "timeout"),
    "unreachable": ("不可达", "unreachable"),
    "ttl": ("TTL 超时", "ttl"),
    "dns": ("域名解析", "dns"),
    "connect": ("连接失败", "connect"),
    "tls": ("证书/TLS", "tls"),
    "status": ("状态码", "status"),
    "content": ("内容不符", "content"),
    "redirect": ("重定向", "redirect"),
    "imported": ("导入记录", "imported"),
    # headings
    "SLA report": ("网络专线与发布平台可用性报告", "SLA report"),
    "Period": ("时段", "Period"),
    "counted to": ("统计至", "counted to"),
    "Service": ("服务", "Service"),
    "Availability %": ("畅通率 %", "Availability %"),
    "low … high %": ("下界 … 上界 %", "low … high %"),
    "Coverage %": ("覆盖率 %", "Coverage %"),
    "Target %": ("目标 %", "Target %"),
    "Result": ("结论", "Result"),
    "Down": ("中断时长", "Down"),
    "Unknown": ("未知时长", "Unknown"),
    "Degraded": ("劣化时长", "Degraded"),
    "Outages": ("中断次数", "Outages"),
    "Scheduled": ("应服务时长", "Scheduled"),
    "Service hours": ("服务时间", "Service hours"),
    "The same around the clock (24x7)": ("同期按全天（24x7）计", "The same around the clock (24x7)"),
    "Month": ("月份", "Month"),
    "Served": ("服务情况", "Served"),
    "Service months": ("网络专线服务时间（月）", "Service months"),
    "equivalent": ("折合", "equivalent"),
    "Outage list": ("中断明细", "Outages, one by one"),
    "{shown} longest of {found}; `linewatch outages` lists all": (
        "以上为 {found} 次中断中最长的 {shown} 次；`linewatch outages` 列出全部",
        "the {shown} longest of {found}; `linewatch outages` lists all",
    ),
    "Parameters": ("参数", "Parameters"),
    "Outage": ("中断", "Outage"),
    "Start": ("开始", "Start"),
    "End": ("结束", "End"),
    "Duration": ("时长", "Duration"),
    "at least … at most": ("最短 … 最长", "at least … at most"),
    "Cause": ("原因", "Cause"),
    "ongoing": ("未结束", "ongoing"),
    "Profile": ("口径", "Profile"),
    "Indicator": ("绩效指标", "Indicator"),
    "Target": ("目标值", "Target"),
    "Actual": ("完成值", "Actual"),
    "not filled in": ("未填报", "not filled in"),
    "State": ("状态", "State"),
    "Since": ("自", "Since"),
    "Last round": ("最近一轮", "Last round"),
    "Loss %": ("丢包率 %", "Loss %"),
    "Target host": ("目标", "Target"),
    "Kind": ("类型", "Kind"),
    "Outcome": ("结果", "Outcome"),
    "Detail": ("说明", "Detail"),
    "Reading": ("判读", "Reading"),
    "Set aside": ("暂不计入的锚点", "Set aside"),
    "No outages.": ("本时段无中断。", "No outages."),
    "Availability so far": ("本年迄今畅通率", "Availability so far"),
    "Imported": ("导入的历史", "Imported"),
    "Configuration": ("配置", "Configuration"),
    "Version": ("版本", "Version"),
}


class Words:
    """The words of one language; a word without a translation stands for itself."""

    def __init__(self, language: Language) -> None:
        self._column = 0 if language == "zh" else 1

    def __call__(self, key: str) -> str:
        """The word for `key`."""
        return _WORDS[key][self._column] if key in _WORDS else key
