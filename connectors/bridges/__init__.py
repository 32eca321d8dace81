"""From a notice to the provider: paced, each intent committed before its call, each outcome after.

Not for what a notice says (streams.delivery) nor who gets it (streams.routing).
"""
