from mail.kinds import Kind

NEWS = Kind("news", label="News", description="When a benchmark runs", resend=True, optional=True)
